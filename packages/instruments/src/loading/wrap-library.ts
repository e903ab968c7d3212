import { Object } from '@osprofiler/core/toolkit'
import { type Arounds, undoAll, wrapInherited } from '../wrapping/wrap-method.js'
import { type LibraryEntry, whenLoaded } from './library-loads.js'

/** Methods to wrap in the classes that a library file exports. */
export interface WrappedFile extends LibraryEntry {
  /** Methods by class name, for a file that exports several classes. */
  readonly classes?: Readonly<Record<string, Arounds>> | undefined
  /** Methods of the class, for a file that exports a single class. */
  readonly methods?: Arounds | undefined
}

/**
 * Wraps methods of a library's classes, in each copy that the program loads. Skips methods that a version lacks.
 * Returns a function that undoes this.
 *
 * @example
 * wrapLibrary('pg', [{ file: 'lib/client.js', methods: { query: aroundQuery } }])
 */
export function wrapLibrary(library: string, files: readonly WrappedFile[]): () => void {
  return undoAll(files.map(file => whenLoaded(library, exports => wrapClasses(exports, file), file)))
}

/**
 * Wraps methods of exported classes, and of the export itself if it is a class. Returns a function that undoes this.
 */
export function wrapClasses(
  exports: unknown,
  { classes = {}, methods = {} }: Pick<WrappedFile, 'classes' | 'methods'>,
): () => void {
  const named = exports as Readonly<Record<string, unknown>>
  const undos = Object.entries(classes).map(([name, arounds]) => wrapClass(named[name], arounds))
  return undoAll([wrapClass(exports, methods), ...undos])
}

function wrapClass(found: unknown, arounds: Arounds): (() => void) | undefined {
  const { prototype } = (found ?? {}) as { readonly prototype?: object }
  return prototype && wrapInherited(prototype, arounds)
}
