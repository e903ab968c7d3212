import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { findKnownTrace, type KnownTrace } from './known-traces.js'

/** Functions, each of which returns the name of one library if the library is loaded but its calls are not recorded. */
const sources = shared('unrecorded', () => new Set<() => string | undefined>())

/**
 * Notes that a trace called a library without recording the call. The root's stop record lists the library in
 * `info.unrecorded`.
 */
export function noteUnrecorded(baseId: string, library: string): void {
  findKnownTrace(baseId)?.noteUnrecorded(library)
}

const ownClients = shared('own-clients', () => new Set<string>())

/**
 * Notes that this project loads a library for its own use, so that the loaded library does not count as the
 * application's.
 */
export function noteOwnClient(library: string): void {
  ownClients.add(library)
}

/** Returns whether this project has loaded a library for its own use, such as the client of a store. */
export function isOwnClient(library: string): boolean {
  return ownClients.has(library)
}

/**
 * Adds a function that returns the name of a loaded but unrecorded library. Whenever a root stops, `nameLibrary` is
 * called. Returns a function that removes `nameLibrary`.
 */
export function addUnrecordedSource(nameLibrary: () => string | undefined): () => void {
  sources.add(nameLibrary)
  return () => sources.delete(nameLibrary)
}

/**
 * Returns the unrecorded libraries for a stop record, or `undefined` if there are none. Reports each called library
 * only once.
 */
export function takeUnrecorded(trace: KnownTrace): readonly string[] | undefined {
  const called = trace.takeUnrecorded()
  if (called === undefined && sources.size === 0) return undefined
  const names = new Set(called)
  for (const nameLibrary of sources) {
    const name = nameLibrary()
    if (name !== undefined) names.add(name)
  }
  return names.size === 0 ? undefined : [...names]
}
