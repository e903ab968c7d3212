import Module from 'node:module'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  mainFile,
  Object,
  Reflect,
  requireFrom,
  resolvePackage,
  Set,
  setImmediate,
  WeakSet,
} from '@osprofiler/core/toolkit'
import { type LibraryFile, readLibraryFile } from './library-file.js'
import { watchResolved } from './resolve-hook.js'

/** Which copy of a library was loaded, and which file of it. All are empty for one that was given by hand. */
export type LibraryCopy = Pick<LibraryFile, 'version' | 'folder' | 'file'>

/** What is done with what a file of a library exports; the function that it returns undoes that. */
export type OnLibrary = (exports: unknown, copy: LibraryCopy) => (() => void) | undefined

/** Where in a library to look. */
export interface LibraryEntry {
  /** The CommonJS file that is waited for, or a pattern of its name. Default: the one that `main` names. */
  readonly file?: string | RegExp | undefined
  /** The same of its build of ECMAScript modules, where it has one that is not a shell around the CommonJS files. */
  readonly esModule?: string | undefined
  /** The exports of a copy that nobody can find, such as one in a bundle. */
  readonly given?: unknown
}

/**
 * Gives each copy of a library that the program loads, those that it has loaded already and those that it will, to
 * `onLibrary`, once and right after the file was run. Returns a function that undoes it all.
 *
 * Nothing is hooked before this is called. CommonJS files are found in `require.cache` and by the method with which
 * Node loads them, whether by `require` or by `import`. ECMAScript modules are found, some ticks after they were
 * loaded, by `module.registerHooks` (Node 22.15). Node does not tell which ones it has loaded before. So the copy that
 * the program's main file finds under the library's name is loaded. Nothing is looked for from anywhere else: whoever
 * can write where the process stands must not get code run. Only what lies in `node_modules` is found: no bundle, and no
 * fork of a library in the program's folder.
 *
 * @example
 * const undo = whenLoaded('pg', (pg, { version }) => wrapMethod(pg.Client.prototype, 'query', traceQuery))
 */
export function whenLoaded(library: string, onLibrary: OnLibrary, entry: LibraryEntry = {}): () => void {
  const { file, esModule, given } = entry
  const seen = new WeakSet<object>()
  const urls = new Set<string>()
  const undos: (() => void)[] = []
  let asked = true

  function tell(exports: unknown, copy: LibraryCopy): void {
    if (!asked || !isObject(exports) || seen.has(exports)) return
    seen.add(exports)
    try {
      const undo = onLibrary(exports, copy)
      if (undo !== undefined) undos.push(undo)
    } catch {
      // A library that is not what its name promises is left alone.
    }
  }

  function onFile(loaded: LibraryFile, exports: unknown): void {
    if (loaded.library !== library || !isNamed(loaded.file, file ?? loaded.main)) return
    tell(exports, pickCopy(loaded))
  }

  function onModule(loaded: LibraryFile, url: string): void {
    if (loaded.library !== library || loaded.file !== esModule || urls.has(url)) return
    // First: the import is resolved as well, which tells of it again.
    urls.add(url)
    loadModule(loaded.folder, url, exports => tell(exports, pickCopy(loaded)))
  }

  if (given !== undefined) tell(given, { version: '', folder: '', file: '' })
  for (const module of loadedModules()) readAnd(module.filename, loaded => onFile(loaded, module.exports))
  undos.push(watchFiles(onFile))
  if (esModule !== undefined) {
    // Later, when it is loading anyhow: to import it from a hook would change the order of the program.
    undos.push(watchResolved(url => readAnd(url, loaded => setImmediate(onModule, loaded, url))))
    findModule(library, esModule, (loaded, url) => setImmediate(onModule, loaded, url).unref())
  }
  return () => {
    asked = false
    for (const undo of undos.splice(0).reverse()) undo()
  }
}

/** What Node says of a module that is being loaded by `import` at this moment, or that only `import` can load. */
const CANNOT_REQUIRE = new Set<unknown>([
  'ERR_INTERNAL_ASSERTION',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_REQUIRE_CYCLE_MODULE',
  'ERR_REQUIRE_ESM',
])

/**
 * By `require`, which throws in place: on Node 20, an import of a module that fails to load raises an unhandled rejection
 * beside its own. What the program itself is loading at this moment can only be imported.
 */
function loadModule(folder: string, url: string, then: (exports: unknown) => void): void {
  let exports: unknown
  try {
    exports = requireFrom(join(folder, 'package.json'))(fileURLToPath(url))
  } catch (error) {
    if (!CANNOT_REQUIRE.has((error as { readonly code?: unknown }).code)) return
    // No bundler can know what it is.
    import(/* webpackIgnore: true */ /* @vite-ignore */ url).then(then, () => undefined)
    return
  }
  then(exports)
}

/** No file: `createRequire` wants any absolute path, and a program may have set `process.execPath` to something else. */
const ANY_FILE = join(sep, 'osprofiler.js')

/** What was loaded before, wherever: all `require` functions have one cache. In a bundle this file has no URL. */
export function loadedModules(): NodeJS.Module[] {
  const { cache } = requireFrom(ANY_FILE)
  return Object.values(cache).filter(module => module?.loaded) as NodeJS.Module[]
}

type FileWatcher = (loaded: LibraryFile, exports: unknown) => void
type Load = (this: NodeJS.Module, filename: string, ...more: unknown[]) => unknown

const fileWatchers = new Set<FileWatcher>()
const loader = Module.prototype as unknown as { load: Load }
let unhook: (() => void) | undefined

/** By a hook that all watchers share; there only while there is one. */
function watchFiles(watcher: FileWatcher): () => void {
  fileWatchers.add(watcher)
  unhook ??= hookLoad()
  return () => {
    fileWatchers.delete(watcher)
    if (fileWatchers.size > 0) return
    unhook?.()
    unhook = undefined
  }
}

/** Not into `require`, by which others put something in place of what was loaded: this is below, and once a file. */
function hookLoad(): () => void {
  const original = loader.load
  let hooked = true

  function load(this: NodeJS.Module, filename: string, ...more: unknown[]): unknown {
    const result = Reflect.apply(original, this, [filename, ...more])
    if (!hooked) return result
    readAnd(filename, loaded => {
      for (const watcher of [...fileWatchers]) watcher(loaded, this.exports)
    })
    return result
  }

  loader.load = load
  return () => {
    hooked = false
    // What somebody has wrapped since stays, and does nothing.
    if (loader.load === load) loader.load = original
  }
}

/** Gives the module of this file in the copy that the program's main file would import. */
function findModule(library: string, file: string, then: (loaded: LibraryFile, url: string) => void): void {
  const main = mainFile()
  const entry = main === undefined ? undefined : resolvePackage(library, main)
  if (entry === undefined) return
  const folder = join('node_modules', library, sep)
  const filename = join(entry.slice(0, entry.lastIndexOf(folder)), folder, file)
  readAnd(filename, loaded => then(loaded, pathToFileURL(filename).href))
}

function readAnd(location: string, then: (loaded: LibraryFile) => void): void {
  if (!location.includes('node_modules')) return
  try {
    const loaded = readLibraryFile(location.startsWith('file:') ? fileURLToPath(location) : location)
    if (loaded !== undefined) then(loaded)
  } catch {
    // The program loads its libraries, whatever we make of them.
  }
}

function isNamed(file: string, name: string | RegExp | undefined): boolean {
  return typeof name === 'object' ? name.test(file) : file === name
}

function pickCopy({ version, folder, file }: LibraryFile): LibraryCopy {
  return { version, folder, file }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
