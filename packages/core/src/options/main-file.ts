import { realpathSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, sep } from 'node:path'
import { process } from '../platform/platform.js'
import { requireFrom } from '../platform/require-from.js'
import { findLaunchedFile } from './launched-file.js'

/** Returns the real path of the program, even under PM2, or `undefined` with `-e`, on standard input or in the REPL. */
export function mainFile(): string | undefined {
  // A program may have put anything there.
  const path: unknown = process.argv?.[1]
  // With `-e`, Node sets `_eval`, and the first argument may be any word for the program.
  if (typeof path !== 'string' || !isAbsolute(path) || '_eval' in process) return undefined
  try {
    // Finds the file as Node does for `node .` and `node app`. An absolute path is not searched anywhere else.
    const file = requireFrom(path).resolve(path)
    const launched = findLaunchedFile(file)
    return launched === undefined || launched === file ? launched : requireFrom(launched).resolve(launched)
  } catch {
    return undefined
  }
}

/** Returns the file that `require()` of a package loads in the file `from`, or `undefined`. */
export function resolvePackage(name: string, from: string): string | undefined {
  try {
    const { resolve } = requireFrom(from)
    const entry = resolve(name)
    if ('pnp' in process.versions) return entry
    const nodePathFolders = process.env.NODE_PATH?.split(delimiter) ?? []
    // Node also searches folders below HOME, which are not the program's.
    const folders = resolve
      .paths(name)
      ?.filter(path => basename(path) === 'node_modules' || nodePathFolders.includes(path))
    return folders?.some(folder => isBelow(entry, join(folder, name))) ? entry : undefined
  } catch {
    return undefined
  }
}

function isBelow(file: string, folder: string): boolean {
  if (file.startsWith(folder + sep)) return true
  try {
    // A package may be linked, as all packages of pnpm are.
    return file.startsWith(realpathSync(folder) + sep)
  } catch {
    return false
  }
}
