import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { findKnownTrace, type KnownTrace } from './known-traces.js'

/** Functions that name a library while the library is loaded and its calls are not recorded. */
const sources = shared('unrecorded', () => new Set<() => string | undefined>())

/** Notes that a trace called a library that could be recorded but is not, for `info.unrecorded` of the root's stop. */
export function noteUnrecorded(baseId: string, library: string): void {
  findKnownTrace(baseId)?.noteUnrecorded(library)
}

const ownClients = shared('own-clients', () => new Set<string>())

/** Notes that this project loads a library for its own use, so its presence says nothing about the program. */
export function noteOwnClient(library: string): void {
  ownClients.add(library)
}

/** Returns whether this project has loaded a library for its own use, such as the client of a store. */
export function isOwnClient(library: string): boolean {
  return ownClients.has(library)
}

/** Adds a function that names a loaded, unrecorded library at each root stop. Returns a function that undoes this. */
export function addUnrecordedSource(nameLibrary: () => string | undefined): () => void {
  sources.add(nameLibrary)
  return () => sources.delete(nameLibrary)
}

/** Returns the libraries for a stop record, or `undefined`. A called library is reported once. */
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
