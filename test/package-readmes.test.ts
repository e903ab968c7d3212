import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { GATE_OPTIONS } from '../packages/core/src/admission/trace-gate.js'
import { packageFolders } from './packed.js'
import { findFreePort } from './servers/free-port.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'osprofiler-readmes-'))
const environment = { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: folder }
const { repository } = JSON.parse(read('package.json'))
const readmes = packageFolders.map(place => {
  const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
  return { name: manifest.name as string, manifest, text: readFileSync(join(place, 'README.md'), 'utf8') }
})
const examples = readdirSync(join(root, 'examples/packages'))
const SERVERS = ['viewer-store.js', 'viewer-template.js']

copyFileSync(join(root, 'test/fixtures/conformance/traces/glance-image-create.jsonl'), join(folder, 'trace.jsonl'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(readmes)('the README of $name', ({ name, manifest, text }) => {
  it('says how to install the package, and names the supported versions', () => {
    expect(text).toMatch(new RegExp(`^npm install (--global )?${name}( |$)`, 'm'))
    expect(text).toContain('\n- Node.js 22, 24 and 26. Node.js 20 (20.19 or later) also works')
    for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
      expect(text.toLowerCase()).toContain(peer.replace('-otlp-http', '-otlp-proto'))
    }
  })

  it('says how the project relates to OpenStack', () => {
    const prose = text.replaceAll('\n', ' ')

    expect(prose).toContain("a second implementation of the protocol of OpenStack's [OSProfiler]")
    expect(prose).toContain('The project is not a part of OpenStack and is not endorsed by it.')
  })

  it('links to existing files and headings', () => {
    const prose = text.replaceAll(/```[\s\S]*?```/g, '')
    const targets = [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '')

    const dead = targets.filter(target => !isValidLink(target, text))

    expect(dead).toEqual([])
  })

  it('contains only programs that are also files in examples/', () => {
    const programs = [...text.matchAll(/```[jt]s\n([\s\S]*?)```/g)].map(([, program]) => program)
    const paths = [...text.matchAll(/<!-- (examples\/\S+) -->\n\n```[jt]s\n/g)].map(([, path]) => path ?? '')

    expect(programs).toEqual(paths.map(read))
  })
})

describe('the READMEs of the packages', () => {
  it.each(['express', 'koa', 'fastify', 'rpc'])('list all options of the adapter for %s in tables', adapter => {
    const text = read(`packages/${adapter}/README.md`)
    const options = [...Object.keys(GATE_OPTIONS), ...(adapter === 'rpc' ? [] : ['name', 'hideQuery'])]

    for (const option of options) expect(text).toMatch(new RegExp(`^\\| \`${option}[\`(]`, 'm'))
  })

  it('show each example of their package', () => {
    const all = readmes.map(({ text }) => text).join()

    expect(examples.filter(file => !all.includes(`<!-- examples/packages/${file} -->`))).toEqual([])
  })

  it.each(examples.filter(file => !SERVERS.includes(file)))('contain only programs that run: %s', async file => {
    const program = join(root, 'examples/packages', file)

    const { stdout } = await exec(process.execPath, [program], { cwd: folder, env: environment })

    const promised = [...read(`examples/packages/${file}`).matchAll(/^console.*\/\/ (.*)$/gm)].map(([, line]) => line)
    if (promised.length > 0) expect(stdout.trim().split('\n')).toEqual(promised)
  })

  it('contain a program that serves the pages for a store', async () => {
    const server = start('viewer-store.js', {})
    const [address] = (await once(server.stdout ?? server, 'data')) as [Buffer]

    const { status } = await fetch(address.toString().trim(), { redirect: 'manual' })

    expect(status).toBe(303)
    expect(await stop(server)).toEqual([0, null])
  })

  it('contain a program that serves the page for one trace', async () => {
    const port = await findFreePort()
    const server = start('viewer-template.js', { PORT: String(port) })

    await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then(response => response.text())).toContain('7f5a')

    await stop(server)
  })
})

function start(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const program = join(root, 'examples/packages', file)
  return spawn(process.execPath, [program], { cwd: folder, env: { ...environment, ...env } })
}

async function stop(server: ChildProcess): Promise<unknown[]> {
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  return await ended
}

/**
 * Returns whether a link works on npm. Valid targets are a heading on the same page, a repository file by its full
 * address, or another site.
 */
function isValidLink(target: string, page: string): boolean {
  const [address = '', anchor] = target.split('#')
  const [, path] = address.split(`${repository.url}/blob/main/`)
  if (address !== '' && path === undefined) return address.startsWith('https://')
  if (path !== undefined && !existsSync(join(root, path))) return false
  return anchor === undefined || listAnchors(path === undefined ? page : read(path)).includes(anchor)
}

/** Returns the anchors that GitHub creates for a page's headings. */
function listAnchors(page: string): string[] {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading ?? '')
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
