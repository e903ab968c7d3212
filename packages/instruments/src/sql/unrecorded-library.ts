import { addUnrecordedSource, isOwnClient } from '@osprofiler/core/toolkit'
import { type LibraryEntry, whenLoaded } from '../loading/library-loads.js'
import type { TraceSql } from '../options/instrument-contract.js'

/**
 * Notes in traces that an SQLite library is loaded. Does not wrap its calls, because a call may take only a microsecond
 * and a wrapper would slow it down.
 */
export function reportUnrecordedWhenLoaded(library: string, isLoaded: () => boolean): () => void {
  let wasLoaded = false
  return addUnrecordedSource(() => {
    wasLoaded ||= isLoaded()
    return wasLoaded ? library : undefined
  })
}

/** Notes in traces that a package is loaded. Does not wrap the package. */
export function reportUnrecordedLibrary(library: string, entry: LibraryEntry = {}): () => void {
  return whenLoaded(library, () => addUnrecordedSource(() => library), entry)
}

/**
 * If SQL is not recorded, notes in traces that a library is used. Does not note a library that may be used only by a
 * store of this project.
 */
export function reportUnrecordedCalls(
  traceSql: TraceSql,
  library: string,
  entry: LibraryEntry,
): (() => void) | undefined {
  if (traceSql !== 'off') return undefined
  return whenLoaded(library, () => addUnrecordedSource(() => (isOwnClient(library) ? undefined : library)), entry)
}
