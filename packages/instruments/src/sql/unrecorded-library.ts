import { askUnrecorded, isOwnClient } from '@osprofiler/core/toolkit'
import { type LibraryEntry, whenLoaded } from '../loading/library-loads.js'
import { undoAll } from '../wrapping/wrap-method.js'

/**
 * Has traces say that a library of SQLite is loaded and not recorded. Its calls are not seen: a statement in memory takes
 * a microsecond, and nobody is to pay for a hint.
 */
export function sayUnrecorded(library: string, isLoaded: () => boolean): () => void {
  let known = false
  return askUnrecorded(() => {
    known ||= isLoaded()
    return known ? library : undefined
  })
}

/**
 * Has traces say that a library is loaded of which only the calls in traces are seen. A client of a store of this project
 * says nothing: the program may have no such library.
 */
export function sayLoadedUnrecorded(library: string): () => void {
  return askUnrecorded(() => (isOwnClient(library) ? undefined : library))
}

/** The same of a package, which is waited for and left as it is. */
export function sayLibraryUnrecorded(library: string, entry: LibraryEntry = {}): () => void {
  let isLoaded = false
  const undo = whenLoaded(
    library,
    () => {
      isLoaded = true
      return undefined
    },
    entry,
  )
  return undoAll([undo, sayUnrecorded(library, () => isLoaded)])
}
