// Compiles the native part of better-sqlite3 for the tests of its instrument. The test command does so once for each
// version of Node that runs the tests, and keeps the result. At install time, compiling would take every developer a
// minute.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/instruments/node_modules/better-sqlite3')

/** Path of the compiled binary for this version of Node. The file may not exist yet. */
export const bindingFile = join(
  root,
  'node_modules/.cache/osprofiler',
  `better-sqlite3-${readVersion()}-node-${process.versions.modules}-${process.platform}-${process.arch}.node`,
)

/** Compiles the binary in a temporary folder. Returns whether the binary exists afterwards. */
export function compileBinding() {
  if (existsSync(bindingFile)) return true
  const folder = join(tmpdir(), `osprofiler-better-sqlite3-${process.pid}`)
  for (const part of ['binding.gyp', 'deps', 'src', 'package.json']) {
    cpSync(join(source, part), join(folder, part), { recursive: true, dereference: true })
  }
  // An installation of Node may include the C++ headers. If it does not, node-gyp downloads them.
  const prefix = resolve(dirname(process.execPath), '..')
  const headers = existsSync(join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : []
  spawnSync('npx', ['-y', 'node-gyp@11', 'rebuild', '--release', '--jobs=max', ...headers], {
    cwd: folder,
    stdio: 'ignore',
  })
  const built = join(folder, 'build/Release/better_sqlite3.node')
  if (existsSync(built)) {
    mkdirSync(dirname(bindingFile), { recursive: true })
    // The copy is renamed, so that two processes that compile at the same time can both finish.
    cpSync(built, `${bindingFile}.${process.pid}`)
    renameSync(`${bindingFile}.${process.pid}`, bindingFile)
  }
  rmSync(folder, { recursive: true, force: true })
  return existsSync(bindingFile)
}

function readVersion() {
  const manifest = join(source, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : 'missing'
}
