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

/**
 * The loaded copy of a library, and the file that was loaded. All members are empty for exports from the option
 * `libraries`.
 */
export type LibraryCopy = Pick<LibraryFile, 'version' | 'folder' | 'file'>

/** Receives the exports of a library file. Returns a function that undoes its changes. */
export type OnLibrary = (exports: unknown, copy: LibraryCopy) => (() => void) | undefined

/** Where a library's exports are found. If all members are omitted, the library's main file is used. */
export interface LibraryEntry {
  /** The path of the CommonJS file, or a pattern. Default: the file that `main` names. */
  readonly file?: string | RegExp | undefined
  /** The path of the ES module, if the library's ES modules do not just wrap its CommonJS files. */
  readonly esModule?: string | undefined
  /** Exports from the option `libraries`, for a copy that cannot be found, such as one in a bundle. */
  readonly given?: unknown
}

/**
 * Calls `onLibrary` once for each copy of a library that the program has loaded or will load, right after the library's
 * file has run. Returns a function that undoes everything. Nothing is hooked before `whenLoaded` is called.
 *
 * CommonJS files, including imported ones, are found in `require.cache` and by wrapping the method that loads them. ES
 * modules are found by `module.registerHooks` (Node 22.15), some ticks after they were loaded. Node does not list ES
 * modules that were loaded earlier, so this function loads the copy that the program's main file would import.
 *
 * A library is resolved only from the main file. If it were resolved from the working directory, anyone with write
 * access to that directory could run code. Only files in `node_modules` are found, not bundles and forks in the
 * program's own folder.
 *
 * @example
 * const undo = whenLoaded('pg', (pg, { version }) => wrapMethod(pg.Client.prototype, 'query', traceQuery))
 */
export function whenLoaded(library: string, onLibrary: OnLibrary, entry: LibraryEntry = {}): () => void {
  const { file, esModule, given } = entry
  const seen = new WeakSet<object>()
  const urls = new Set<string>()
  const undos: (() => void)[] = []
  let isActive = true

  function callOnLibrary(exports: unknown, copy: LibraryCopy): void {
    if (!isActive || !isObject(exports) || seen.has(exports)) return
    seen.add(exports)
    try {
      const undo = onLibrary(exports, copy)
      if (undo !== undefined) undos.push(undo)
    } catch {
      // A library with unexpected exports stays unwrapped.
    }
  }

  function onFile(loaded: LibraryFile, exports: unknown): void {
    if (loaded.library !== library || !matchesName(loaded.file, file ?? loaded.main)) return
    callOnLibrary(exports, pickCopy(loaded))
  }

  function onModule(loaded: LibraryFile, url: string): void {
    if (loaded.library !== library || loaded.file !== esModule || urls.has(url)) return
    // The URL is added before the import, because the import resolves the URL again, and this function is then called
    // again.
    urls.add(url)
    loadModule(loaded.folder, url, exports => callOnLibrary(exports, pickCopy(loaded)))
  }

  if (given !== undefined) callOnLibrary(given, { version: '', folder: '', file: '' })
  for (const module of listLoadedModules()) withLibraryFile(module.filename, loaded => onFile(loaded, module.exports))
  undos.push(watchFiles(onFile))
  if (esModule !== undefined) {
    // The call is deferred until the program itself loads the module, because an import from the hook would change the
    // program's load order.
    undos.push(watchResolved(url => withLibraryFile(url, loaded => setImmediate(onModule, loaded, url))))
    findInstalledModule(library, esModule, (loaded, url) => setImmediate(onModule, loaded, url).unref())
  }
  return () => {
    isActive = false
    for (const undo of undos.splice(0).reverse()) undo()
  }
}

/** Error codes for a module that `import` is currently loading, or that only `import` can load. */
const NEEDS_IMPORT_CODES = new Set<unknown>([
  'ERR_INTERNAL_ASSERTION',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_REQUIRE_CYCLE_MODULE',
  'ERR_REQUIRE_ESM',
])

// Uses `require`, which throws synchronously. On Node 20, a failing `import()` causes a second, unhandled rejection.
// `import()` is used only if `require` cannot load the module, for example because the program is currently importing
// it.
function loadModule(folder: string, url: string, onLoaded: (exports: unknown) => void): void {
  let exports: unknown
  try {
    exports = requireFrom(join(folder, 'package.json'))(fileURLToPath(url))
  } catch (error) {
    if (!NEEDS_IMPORT_CODES.has((error as { readonly code?: unknown }).code)) return
    // The comments stop bundlers from resolving this URL, which is known only at run time.
    import(/* webpackIgnore: true */ /* @vite-ignore */ url).then(onLoaded, () => undefined)
    return
  }
  onLoaded(exports)
}

/**
 * A path for creating a `require` function, which gives access to the module cache. The file does not have to exist.
 * `import.meta.url` may be missing in bundled code, and programs may change `process.execPath`, so neither is used.
 */
const ANY_FILE = join(sep, 'osprofiler.js')

/** Returns all CommonJS modules loaded so far. All `require` functions share one cache. */
export function listLoadedModules(): NodeJS.Module[] {
  const { cache } = requireFrom(ANY_FILE)
  return Object.values(cache).filter(module => module?.loaded) as NodeJS.Module[]
}

type FileWatcher = (loaded: LibraryFile, exports: unknown) => void
type Load = (this: NodeJS.Module, filename: string, ...more: unknown[]) => unknown

const fileWatchers = new Set<FileWatcher>()
const loader = Module.prototype as unknown as { load: Load }
let unhook: (() => void) | undefined

/** Adds a watcher to a hook that all watchers share. The hook exists only while there are watchers. */
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

/**
 * Hooks `load`, which runs once per file. Other tools replace exports in `require`, which calls `load`, so this hook
 * sees the original exports.
 */
function hookLoad(): () => void {
  const original = loader.load
  let isHooked = true

  function load(this: NodeJS.Module, filename: string, ...more: unknown[]): unknown {
    const result = Reflect.apply(original, this, [filename, ...more])
    if (!isHooked) return result
    withLibraryFile(filename, loaded => {
      for (const watcher of [...fileWatchers]) watcher(loaded, this.exports)
    })
    return result
  }

  loader.load = load
  return () => {
    isHooked = false
    // If other code has since wrapped this hook, the hook stays and does nothing.
    if (loader.load === load) loader.load = original
  }
}

function findInstalledModule(
  library: string,
  file: string,
  onLoaded: (loaded: LibraryFile, url: string) => void,
): void {
  const main = mainFile()
  const entry = main === undefined ? undefined : resolvePackage(library, main)
  if (entry === undefined) return
  const folder = join('node_modules', library, sep)
  const filename = join(entry.slice(0, entry.lastIndexOf(folder)), folder, file)
  withLibraryFile(filename, loaded => onLoaded(loaded, pathToFileURL(filename).href))
}

function withLibraryFile(location: string, onLoaded: (loaded: LibraryFile) => void): void {
  if (!location.includes('node_modules')) return
  try {
    const loaded = readLibraryFile(location.startsWith('file:') ? fileURLToPath(location) : location)
    if (loaded !== undefined) onLoaded(loaded)
  } catch {
    // An error in our code must not prevent the program from loading its libraries.
  }
}

function matchesName(file: string, name: string | RegExp | undefined): boolean {
  return typeof name === 'object' ? name.test(file) : file === name
}

function pickCopy({ version, folder, file }: LibraryFile): LibraryCopy {
  return { version, folder, file }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
