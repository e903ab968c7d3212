import { join, sep } from 'node:path'
import { JSON, Map, readRegularFile, requireFrom, String } from '@osprofiler/core/toolkit'

/** A file of an installed library: which copy of which library, and where in it. */
export interface LibraryFile {
  /** The name in its `package.json`, which an alias in `node_modules` does not change. */
  readonly library: string
  readonly version: string
  /** The folder that it is in. */
  readonly folder: string
  /** From that folder on, with slashes: `lib/client.js`. */
  readonly file: string
  /** The file of the library that its `main` names. */
  readonly main: string | undefined
}

interface Manifest {
  readonly library: string
  readonly version: string
  /** Looked for once it is asked for: most libraries are nobody's business. */
  main?: string | undefined
}

const MAX_LENGTH = 1024 * 1024
const FOLDER = `${sep}node_modules${sep}`
// Every instrument asks about every file.
const files = new Map<string, LibraryFile | undefined>()
const manifests = new Map<string, Manifest | undefined>()

/** What library a file is of; `undefined` for one that was not installed (the program's own, or a bundle). */
export function readLibraryFile(filename: string): LibraryFile | undefined {
  if (!files.has(filename)) files.set(filename, locate(filename))
  return files.get(filename)
}

function locate(filename: string): LibraryFile | undefined {
  const at = filename.lastIndexOf(FOLDER)
  if (at < 0) return undefined
  const parts = filename.slice(at + FOLDER.length).split(sep)
  const named = parts.splice(0, parts[0]?.startsWith('@') ? 2 : 1)
  const root = filename.slice(0, at) + FOLDER + named.join(sep)
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
    const { name, version } = JSON.parse(readRegularFile(join(root, 'package.json'), MAX_LENGTH).toString('utf8'))
    return typeof name === 'string' ? { library: name, version: String(version) } : undefined
  } catch {
    return undefined
  }
}

function findMain(root: string): string | undefined {
  try {
    // By its folder, which asks `main` alone: the conditions of `exports` may lead elsewhere.
    const filename = requireFrom(join(root, 'package.json')).resolve(root)
    return filename.slice(root.length + 1).replaceAll(sep, '/')
  } catch {
    return undefined
  }
}
