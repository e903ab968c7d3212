import { realpathSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, sep } from 'node:path'
import { process } from '../platform/platform.js'
import { requireFrom } from '../platform/require-from.js'
import { findLaunchedFile } from './launched-file.js'

/**
 * Returns the real path of the application's main file, even under PM2. Returns `undefined` for `-e`, standard input
 * and the REPL.
 */
export function mainFile(): string | undefined {
  // The application may have replaced `argv` with any value.
  const path: unknown = process.argv?.[1]
  // With `-e`, Node sets `_eval`, and `argv[1]` may be one of the script's own arguments.
  if (typeof path !== 'string' || !isAbsolute(path) || '_eval' in process) return undefined
  try {
    // Finds the file like Node does for `node .` and `node app`. Because the path is absolute, `resolve` searches no
    // other folder.
    const file = requireFrom(path).resolve(path)
    const launched = findLaunchedFile(file)
    return launched === undefined || launched === file ? launched : requireFrom(launched).resolve(launched)
  } catch {
    return undefined
  }
}

/** Returns the file that `require()` of a package would load from the file `from`, or `undefined`. */
export function resolvePackage(name: string, from: string): string | undefined {
  try {
    const { resolve } = requireFrom(from)
    const entry = resolve(name)
    if ('pnp' in process.versions) return entry
    const nodePathFolders = process.env.NODE_PATH?.split(delimiter) ?? []
    // Node also searches folders below HOME. They do not belong to the application, so they are excluded.
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
    // A package's folder may be a symbolic link. With pnpm, each of these folders is a link.
    return file.startsWith(realpathSync(folder) + sep)
  } catch {
    return false
  }
}
