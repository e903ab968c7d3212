import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { runBuild } from './run-build.js'

const PACKAGE = 'bun@1.4.5'

/** A JavaScript runtime that has Node's modules, but neither V8 nor async hooks. npm installs it. */
export const BUN: Fetched = {
  name: 'bun',
  key: [PACKAGE],
  async fill(folder) {
    const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts']
    await runBuild('npm', ['install', ...options, '--prefix', folder, PACKAGE], folder)
    if (findProgram(folder) === undefined) throw new Error(`${PACKAGE} has no program for this system`)
  },
}

/** Resolves to the path of the program. */
export async function findBun(): Promise<string> {
  return findProgram(await fetchOnce(BUN)) ?? 'bun'
}

/**
 * Returns the path of the program that runs on this machine. npm installs one program for each libc and each kind of
 * processor.
 */
function findProgram(folder: string): string | undefined {
  const programs = join(folder, 'node_modules/@oven')
  return readdirSync(programs)
    .map(name => join(programs, name, 'bin/bun'))
    .find(path => spawnSync(path, ['--version']).status === 0)
}
