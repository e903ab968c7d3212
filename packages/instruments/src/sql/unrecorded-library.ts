import { askUnrecorded, isOwnClient } from '@osprofiler/core/toolkit'
import { type LibraryEntry, whenLoaded } from '../loading/library-loads.js'
import type { TraceSql } from '../options/instrument-contract.js'

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

/** The same of a package, which is waited for and left as it is. */
export function sayLibraryUnrecorded(library: string, entry: LibraryEntry = {}): () => void {
  return whenLoaded(library, () => askUnrecorded(() => library), entry)
}

/**
 * Has traces say that a library is loaded of which only the calls in traces are seen, where these are not recorded. A client
 * of a store of this project says nothing: the program may have no such library.
 */
export function sayCallsUnrecorded(traceSql: TraceSql, library: string, entry: LibraryEntry): (() => void) | undefined {
  if (traceSql !== 'off') return undefined
  return whenLoaded(library, () => askUnrecorded(() => (isOwnClient(library) ? undefined : library)), entry)
}
