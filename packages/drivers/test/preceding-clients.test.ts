import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { finish, fixture } from './child.js'
import { startMongodb } from './stand-ins/mongodb.js'
import { startSearch } from './stand-ins/search.js'
import { temporaryDirectory } from './temporary-directory.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const CLIENTS = [
  { name: 'mongodb', alias: 'mongodb6', version: /^6\./, start: () => startMongodb() },
  {
    name: '@elastic/elasticsearch',
    alias: 'elasticsearch8',
    version: /^8\./,
    start: () => startSearch({ product: 'elasticsearch', compatibleWith: [7, 8] }),
  },
  {
    name: '@opensearch-project/opensearch',
    alias: 'opensearch2',
    version: /^2\./,
    start: () => startSearch({ product: 'opensearch' }),
  },
]

describe('the drivers, installed together with a client of the preceding major version,', () => {
  it.each(CLIENTS)('work with $alias', async ({ name, alias, version, start }) => {
    const server = await start()
    onTestFinished(() => server.kill())
    const program = installBeside(name, alias, version)
    const scheme = name === 'mongodb' ? name : (name.split('/')[1] ?? '')

    const child = spawn(process.execPath, [program, `${scheme}://127.0.0.1:${server.port}`, 'await'])
    onTestFinished(() => void child.kill('SIGKILL'))

    expect(await finish(child)).toEqual({ code: 0, stdout: 'read 1\nlisted 1\nfailed 0\n', stderr: '' })
  })
})

/**
 * Installs the built drivers and another version of a package in a folder. Returns the path of a program in that
 * folder.
 */
function installBeside(name: string, alias: string, version: RegExp): string {
  const folder = temporaryDirectory()
  const modules = join(folder, 'node_modules')
  const client = realpathSync(join(root, 'node_modules', alias))
  expect(JSON.parse(readFileSync(join(client, 'package.json'), 'utf8')).version).toMatch(version)
  link(client, join(modules, name))
  link(join(root, 'packages/core'), join(modules, '@osprofiler/core'))
  for (const part of ['package.json', 'dist']) {
    cpSync(join(root, 'packages/drivers', part), join(modules, '@osprofiler/drivers', part), { recursive: true })
  }
  cpSync(fixture('end-naturally.mjs'), join(folder, 'program.mjs'))
  return join(folder, 'program.mjs')
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}
