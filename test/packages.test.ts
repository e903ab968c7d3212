import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const consumers = join(root, 'test/fixtures/consumers')
const workspace = mkdtempSync(join(tmpdir(), 'osprofiler-packages-'))
const rootManifest = readManifest(root)
const folders = readdirSync(join(root, 'packages')).map(name => join(root, 'packages', name))
// Which the docs have a user install on Node 20.
const SQLITE = '@photostructure/sqlite'
const tarballs = new Map<string, string>()

interface Manifest {
  readonly name: string
  readonly version: string
  readonly devDependencies: Record<string, string>
}

beforeAll(async () => {
  for (const folder of folders) {
    const args = ['-y', 'pnpm@12', 'pack', '--json', '--pack-destination', workspace]
    const { stdout } = await exec('npx', args, { cwd: folder })
    tarballs.set(readManifest(folder).name, JSON.parse(stdout).filename)
  }
}, 300_000)

afterAll(() => rmSync(workspace, { recursive: true, force: true }))

describe('the packages', () => {
  it('hold what they need and nothing else', async () => {
    for (const [name, tarball] of tarballs) {
      const { stdout } = await exec('tar', ['tzf', tarball])
      const files = stdout.trim().split('\n')

      expect(files, name).toContain('package/README.md')
      expect(files, name).toContain('package/LICENSE')
      expect(files.some(file => file.startsWith('package/dist/') && file.endsWith('.d.ts'))).toBe(true)
      expect(files.filter(file => !/^package\/(dist\/|src\/|README\.md|LICENSE|package\.json)/.test(file))).toEqual([])
      expect(files.filter(file => /tsbuildinfo|\/test\/|\.test\./.test(file))).toEqual([])
    }
  })
})

describe.each(['npm', 'pnpm'] as const)('a project that installs them with %s', manager => {
  const project = join(workspace, manager)

  beforeAll(async () => {
    mkdirSync(project)
    for (const file of readdirSync(consumers)) copyFileSync(join(consumers, file), join(project, file))
    await install(manager, project)
  }, 300_000)

  it('runs as ECMAScript modules', async () => {
    const { stdout, stderr } = await exec(process.execPath, ['esm.mjs'], { cwd: project })

    expect({ stdout, stderr }).toEqual({ stdout: 'ok\n', stderr: '' })
  })

  it('runs as CommonJS', async () => {
    const { stdout, stderr } = await exec(process.execPath, ['commonjs.cjs'], { cwd: project })

    expect({ stdout, stderr: withoutRequireWarning(stderr) }).toEqual({ stdout: 'ok\n', stderr: '' })
  })

  it('type-checks under nodenext', async () => {
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--noEmit', '--types', 'node']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const args = [tsc, ...options, '--pretty', 'false', 'typed.ts', 'required.cts']
    const { stdout } = await exec(process.execPath, args, { cwd: project }).catch(error => error)

    // Not skipLibCheck: our own declarations are checked. Those of @types/koa find Express's content-disposition.
    const errors = stdout.split('\n').filter((line: string) => line !== '' && !line.startsWith('node_modules/@types/'))
    expect(errors).toEqual([])
  })

  it('has the command', async () => {
    const { stdout } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['--version'])

    expect(stdout.trim()).toContain(readManifest(join(root, 'packages/cli')).version)
  })
})

describe('what the README has one install', () => {
  it('is enough to run its first service and to see a trace of it, under pnpm', async () => {
    const project = join(workspace, 'documented')
    mkdirSync(project)
    copyFileSync(join(root, 'examples/quick-start/express.js'), join(project, 'app.js'))
    const line = /^npm install (.*?)( *#.*)?$/m.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
    await install('pnpm', project, line.split(' '))
    const { stdout: key } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['key', 'new'])
    const env = { ...process.env, OSPROFILER_HMAC_KEYS: key.trim(), XDG_STATE_HOME: project, PORT: '0' }
    const app = spawn(process.execPath, ['--input-type=module', '-e', LISTEN], { cwd: project, env })
    const [port] = (await once(app.stdout, 'data')) as [Buffer]

    const url = `http://127.0.0.1:${port.toString().trim()}/orders/7`
    const { stdout } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['run', url], { env })

    expect(stdout).toContain('SELECT * FROM orders')
    app.kill('SIGTERM')
    expect(await once(app, 'exit')).toEqual([0, null])
  }, 300_000)
})

/** Runs the example and tells on which of the free ports it came to listen. */
const LISTEN = `
import { Server } from 'node:http'
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  this.once('listening', () => console.log(this.address().port))
  return listen.apply(this, args)
}
await import('./app.js')
`

async function install(manager: 'npm' | 'pnpm', project: string, only?: readonly string[]): Promise<void> {
  const wanted = [...tarballs].filter(([name]) => only === undefined || only.includes(name))
  const ours = Object.fromEntries(wanted.map(([name, tarball]) => [name, `file:${tarball}`]))
  const theirs = ['express', 'koa', 'fastify', '@types/express', '@types/koa', '@types/node', SQLITE].map(name => [
    name,
    rootManifest.devDependencies[name],
  ])
  const manifest = { private: true, type: 'module', dependencies: { ...ours, ...Object.fromEntries(theirs) } }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  if (manager === 'npm') {
    await exec('npm', ['install', '--no-audit', '--no-fund', '--fetch-retries=5'], { cwd: project })
  } else {
    const overrides = [...tarballs].map(([name, tarball]) => `  '${name}': 'file:${tarball}'\n`)
    writeFileSync(
      join(project, 'pnpm-workspace.yaml'),
      `overrides:\n${overrides.join('')}allowBuilds:\n  '${SQLITE}': false\n`,
    )
    await exec('npx', ['-y', 'pnpm@12', 'install', '--no-frozen-lockfile'], { cwd: project })
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Node 22.12 to 24 says of every module that is loaded by require() that this is experimental. */
function withoutRequireWarning(stderr: string): string {
  const lines = stderr.split('\n')
  return lines.filter(line => !/ExperimentalWarning: CommonJS module|--trace-warnings/.test(line)).join('\n')
}
