import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packPackages } from '../release/pack.js'
import { createShopRecords, toLines } from './cli-records.js'
import { install, packageFolders, readManifest, SQLITE } from './packed.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const consumers = join(root, 'test/fixtures/consumers')
const workspace = mkdtempSync(join(tmpdir(), 'osprofiler-packages-'))
const FRAMEWORKS = ['express', 'koa', 'fastify', '@types/express', '@types/koa', '@types/node', SQLITE]
let tarballs: ReadonlyMap<string, string>

beforeAll(async () => {
  tarballs = new Map((await packPackages(workspace)).map(({ name, tarball }) => [name, tarball]))
}, 300_000)

afterAll(() => rmSync(workspace, { recursive: true, force: true }))

describe('the packages', () => {
  it('contain only what they need', async () => {
    for (const folder of packageFolders) {
      const { name, files: wanted } = readManifest(folder)
      const files = await listFiles(name)

      // Each package contains the shared files that its manifest lists.
      const shared = ['README.md', 'package.json', ...wanted.filter(file => /^[A-Z-]+(\.md)?$/.test(file))]
      expect(files.filter(file => !/^(dist|src)\//.test(file)).sort(), name).toEqual(shared.sort())
      expect(shared, name).toEqual(expect.arrayContaining(['CHANGELOG.md', 'LICENSE']))
      expect(files.some(file => file.startsWith('dist/') && file.endsWith('.d.ts'))).toBe(true)
      expect(files.filter(file => /tsbuildinfo|\/test\/|\.test\./.test(file))).toEqual([])
    }
  })

  it('contain the sources of their source maps and declaration maps', async () => {
    for (const [name, tarball] of tarballs) {
      const folder = join(workspace, 'unpacked', name)
      mkdirSync(folder, { recursive: true })
      await exec('tar', ['xzf', tarball, '-C', folder, '--strip-components=1'])
      const files = await listFiles(name)
      const maps = files.filter(file => file.endsWith('.map'))

      const strays = maps.flatMap(map => listSources(folder, map).filter(source => !files.includes(source)))

      const declarations = files.filter(file => file.endsWith('.d.ts'))
      expect(strays, name).toEqual([])
      expect(maps, name).toEqual(expect.arrayContaining(declarations.map(file => `${file}.map`)))
    }
  })
})

describe.each(['npm', 'pnpm'] as const)('a project that installs the packages with %s', manager => {
  const project = join(workspace, manager)

  beforeAll(async () => {
    mkdirSync(project)
    for (const file of readdirSync(consumers)) copyFileSync(join(consumers, file), join(project, file))
    await install(manager, project, { tarballs, others: FRAMEWORKS })
    // Only the code in dist/ runs. The sources are for people who read or debug the code.
    for (const name of tarballs.keys()) rmSync(join(project, 'node_modules', name, 'src'), { recursive: true })
  }, 300_000)

  it('can use the packages as ECMAScript modules', async () => {
    const { stdout, stderr } = await exec(process.execPath, ['esm.mjs'], { cwd: project })

    expect({ stdout, stderr }).toEqual({ stdout: 'ok\n', stderr: '' })
  })

  it('can use the packages as CommonJS', async () => {
    const { stdout, stderr } = await exec(process.execPath, ['commonjs.cjs'], { cwd: project })

    expect({ stdout, stderr: withoutRequireWarning(stderr) }).toEqual({ stdout: 'ok\n', stderr: '' })
  })

  it('type-checks under nodenext', async () => {
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--noEmit', '--types', 'node']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const args = [tsc, ...options, '--pretty', 'false', 'typed.ts', 'required.cts']
    const { stdout } = await exec(process.execPath, args, { cwd: project }).catch(error => error)

    // Without skipLibCheck, TypeScript also checks our own declarations. Errors in @types are ignored, because
    // @types/koa finds the content-disposition package that Express uses.
    const errors = stdout.split('\n').filter((line: string) => line !== '' && !line.startsWith('node_modules/@types/'))
    expect(errors).toEqual([])
  })

  it('can run the command osprofiler', async () => {
    const { stdout } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['--version'])

    expect(stdout.trim()).toContain(readManifest(join(root, 'packages/cli')).version)
  })

  it('can serve the page for one trace and the pages for a store', async () => {
    const command = join(project, 'node_modules/.bin/osprofiler')
    writeFileSync(join(project, 'shop.jsonl'), toLines(createShopRecords()))
    const { stdout: page } = await exec(command, ['trace', 'show', 'shop.jsonl', '--html'], { cwd: project })
    const ui = spawn(command, ['ui', '--connection-string', 'memory://'], { cwd: project })
    const [printed] = (await once(ui.stdout, 'data')) as [Buffer]
    const [address = ''] = /http:\S+/.exec(printed.toString()) ?? []
    const { headers } = await fetch(address, { redirect: 'manual' })

    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    const [list, style] = await Promise.all(
      ['./', 'list.css'].map(path => fetch(new URL(path, address), { headers: { cookie } })),
    )

    expect(page).toContain('gateway')
    expect([list?.status, style?.status]).toEqual([200, 200])
    expect(await list?.text()).toContain('<script defer src="list.js">')
    ui.kill('SIGTERM')
    await once(ui, 'exit')
  })

  it('can draw an SVG, and reports immediately that a PNG needs another package', async () => {
    const command = join(project, 'node_modules/.bin/osprofiler')
    writeFileSync(join(project, 'shop.jsonl'), toLines(createShopRecords()))
    const tasks = [
      ['trace', 'show', 'not-there.jsonl', '--render-dot', 'graph.png'],
      ['run', 'http://127.0.0.1:9/', '--render-dot', 'graph.png'],
    ]

    await exec(command, ['trace', 'show', 'shop.jsonl', '--render-dot', 'graph.svg'], { cwd: project })
    const refused = await Promise.all(tasks.map(args => exec(command, args, { cwd: project }).catch(error => error)))

    expect(readFileSync(join(project, 'graph.svg'), 'utf8')).toContain('<svg ')
    for (const { code, stdout, stderr } of refused) {
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: '',
        stderr:
          'error: --render-dot cannot draw graph.png without @resvg/resvg-wasm: run "npm install @resvg/resvg-wasm" where osprofiler is installed, or draw .svg.\n',
      })
    }
    expect(existsSync(join(project, 'graph.png'))).toBe(false)
  })
})

describe('the packages that the README installs', () => {
  it('take less than 15 MB of disk space if Node includes SQLite', async () => {
    const project = join(workspace, 'small')
    mkdirSync(project)

    await install('npm', project, { tarballs, only: listDocumentedPackages() })

    const files = readdirSync(join(project, 'node_modules'), { recursive: true, withFileTypes: true })
    const sizes = files.filter(file => file.isFile()).map(file => statSync(join(file.parentPath, file.name)).size)
    const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1_000_000
    console.log(`An install takes ${megabytes.toFixed(1)} MB in ${sizes.length} files.`)
    expect(megabytes).toBeLessThan(15)
    const readme = readFileSync(join(root, 'packages/cli/README.md'), 'utf8')
    expect(readme.replaceAll(/\s+/g, ' ')).toContain(`the packages take ${Math.round(megabytes)} MB on disk.`)
  }, 300_000)

  it('are enough under pnpm to run a first service and see its trace', async () => {
    const project = join(workspace, 'documented')
    mkdirSync(project)
    copyFileSync(join(root, 'examples/quick-start/express.js'), join(project, 'app.js'))
    await install('pnpm', project, { tarballs, only: listDocumentedPackages(), others: FRAMEWORKS })
    const { stdout: key } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['key', 'new'])
    const env = { ...process.env, OSPROFILER_HMAC_KEYS: key.trim(), XDG_STATE_HOME: project, PORT: '0' }
    const app = spawn(process.execPath, ['--input-type=module', '-e', LISTEN_PROGRAM], { cwd: project, env })
    const [port] = (await once(app.stdout, 'data')) as [Buffer]

    const url = `http://127.0.0.1:${port.toString().trim()}/orders/7`
    const { stdout } = await exec(join(project, 'node_modules/.bin/osprofiler'), ['run', url], { env })

    expect(stdout).toContain('SELECT * FROM orders')
    app.kill('SIGTERM')
    expect(await once(app, 'exit')).toEqual([0, null])
  }, 300_000)
})

/** Runs the example, and prints the free port on which it listens. */
const LISTEN_PROGRAM = `
import { Server } from 'node:http'
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  this.once('listening', () => console.log(this.address().port))
  return listen.apply(this, args)
}
await import('./app.js')
`

function listDocumentedPackages(): string[] {
  const line = /^npm install (.*?)( *#.*)?$/m.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
  return line.split(' ')
}

/** Returns the files in a package's tarball. */
async function listFiles(name: string): Promise<string[]> {
  const { stdout } = await exec('tar', ['tzf', tarballs.get(name) ?? ''])
  return stdout
    .trim()
    .split('\n')
    .map(file => file.replace(/^package\//, ''))
}

/** Returns the files that a source map names, as paths in its package. */
function listSources(folder: string, map: string): string[] {
  const { sourceRoot = '', sources } = JSON.parse(readFileSync(join(folder, map), 'utf8'))
  return sources.map((source: string) => posix.join(dirname(map), sourceRoot, source))
}

/** Removes a warning that Node 22.12 to 24 prints when `require()` loads an ECMAScript module. */
function withoutRequireWarning(stderr: string): string {
  const lines = stderr.split('\n')
  return lines.filter(line => !/ExperimentalWarning: CommonJS module|--trace-warnings/.test(line)).join('\n')
}
