import { join, sep } from 'node:path'
import { JSON, Map, readRegularFile, requireFrom, String } from '@osprofiler/core/toolkit'

/** A file of an installed library, and the copy of the library that contains the file. */
export interface LibraryFile {
  /** The name in `package.json`. An alias in `node_modules` does not change it. */
  readonly library: string
  readonly version: string
  readonly folder: string
  /** The file's path in `folder`, with forward slashes: `lib/client.js`. */
  readonly file: string
  /** The path of the library's main file. */
  readonly main: string | undefined
}

interface Manifest {
  readonly library: string
  readonly version: string
  /** Set on first use, because `main` is never needed for most libraries. */
  main?: string | undefined
}

const MAX_MANIFEST_BYTES = 1024 * 1024
const NODE_MODULES_FOLDER = `${sep}node_modules${sep}`
// Cached, because every instrument checks every loaded file.
const files = new Map<string, LibraryFile | undefined>()
const manifests = new Map<string, Manifest | undefined>()

/** Returns the library that contains a file, or `undefined` for a file outside `node_modules`, such as a bundle. */
export function readLibraryFile(filename: string): LibraryFile | undefined {
  if (!files.has(filename)) files.set(filename, locateFile(filename))
  return files.get(filename)
}

function locateFile(filename: string): LibraryFile | undefined {
  const at = filename.lastIndexOf(NODE_MODULES_FOLDER)
  if (at < 0) return undefined
  const parts = filename.slice(at + NODE_MODULES_FOLDER.length).split(sep)
  const nameParts = parts.splice(0, parts[0]?.startsWith('@') ? 2 : 1)
  const root = filename.slice(0, at) + NODE_MODULES_FOLDER + nameParts.join(sep)
  const manifest = readManifest(root)
  if (manifest === undefined) return undefined
  return {
    library: manifest.library,
    version: manifest.version,
    folder: root,
    file: parts.join('/'),
    get main() {
      if (!('main' in manifest)) manifest.main = findMain(root)
      return manifest.main
    },
  }
}

function readManifest(root: string): Manifest | undefined {
  if (!manifests.has(root)) manifests.set(root, parseManifest(root))
  return manifests.get(root)
}

function parseManifest(root: string): Manifest | undefined {
  try {
    const { name, version } = JSON.parse(
      readRegularFile(join(root, 'package.json'), MAX_MANIFEST_BYTES).toString('utf8'),
    )
    return typeof name === 'string' ? { library: name, version: String(version) } : undefined
  } catch {
    return undefined
  }
}

function findMain(root: string): string | undefined {
  try {
    // Resolving the folder uses only `main`. The conditions of `exports` may select a different file.
    const filename = requireFrom(join(root, 'package.json')).resolve(root)
    return filename.slice(root.length + 1).replaceAll(sep, '/')
  } catch {
    return undefined
  }
}
