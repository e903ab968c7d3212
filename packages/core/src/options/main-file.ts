import { realpathSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, sep } from 'node:path'
import { process } from '../platform/platform.js'
import { requireFrom } from '../platform/require-from.js'
import { launchedFile } from './launched-file.js'

/**
 * The real path of the file that the program was started with, also by a process manager such as PM2, or `undefined`
 * where there is no such file: with `-e`, on standard input, at the prompt.
 */
export function mainFile(): string | undefined {
  // A program may have put anything there.
  const path: unknown = process.argv?.[1]
  // With `-e`, Node sets this member, and the first argument is any word that the program is given.
  if (typeof path !== 'string' || !isAbsolute(path) || '_eval' in process) return undefined
  try {
    // Node's own way from `node .` and `node app` to a file. An absolute path is looked for nowhere else.
    const file = requireFrom(path).resolve(path)
    const launched = launchedFile(file)
    return launched === undefined || launched === file ? launched : requireFrom(launched).resolve(launched)
  } catch {
    return undefined
  }
}

/**
 * The file that `require()` of a package loads in a given file, or `undefined`. Only `node_modules` of the folders above
 * that file and NODE_PATH are asked. Node also asks folders below HOME, which are not the program's.
 */
export function resolvePackage(name: string, from: string): string | undefined {
  try {
    const { resolve } = requireFrom(from)
    const entry = resolve(name)
    if ('pnp' in process.versions) return entry
    const asked = process.env.NODE_PATH?.split(delimiter) ?? []
    const folders = resolve.paths(name)?.filter(path => basename(path) === 'node_modules' || asked.includes(path))
    return folders?.some(folder => isBelow(entry, join(folder, name))) ? entry : undefined
  } catch {
    return undefined
  }
}

function isBelow(file: string, folder: string): boolean {
  if (file.startsWith(folder + sep)) return true
  try {
    // A package may be linked, as pnpm links all of them.
    return file.startsWith(realpathSync(folder) + sep)
  } catch {
    return false
  }
}
