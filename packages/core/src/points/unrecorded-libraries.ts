import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { findKnownTrace, type KnownTrace } from './known-traces.js'

/** Each says the name of a library while the library is loaded and its calls are not recorded. */
const loaded = shared('unrecorded', () => new Set<() => string | undefined>())

/**
 * Says that a library was called in a trace, and that its calls are not recorded here, though they could be. What began the
 * trace in this process tells so at its stop, as `info.unrecorded`.
 */
export function noteUnrecorded(baseId: string, library: string): void {
  findKnownTrace(baseId)?.noteUnrecorded(library)
}

/** Libraries that this project has loaded as clients of its stores. */
const ownClients = shared('own-clients', () => new Set<string>())

/** Says that this project loads a library by itself, so that the library tells nothing of the program. */
export function noteOwnClient(library: string): void {
  ownClients.add(library)
}

/** Whether this project has loaded a library by itself. */
export function isOwnClient(library: string): boolean {
  return ownClients.has(library)
}

/** The same of a library that is loaded. `ask` is called at each such stop. Returns a function that takes it back. */
export function askUnrecorded(ask: () => string | undefined): () => void {
  loaded.add(ask)
  return () => loaded.delete(ask)
}

/** The libraries that a stop tells of, or `undefined`. Those that were called are told once. */
export function takeUnrecorded(trace: KnownTrace): readonly string[] | undefined {
  const called = trace.takeUnrecorded()
  if (called === undefined && loaded.size === 0) return undefined
  const names = new Set(called)
  for (const ask of loaded) {
    const name = ask()
    if (name !== undefined) names.add(name)
  }
  return names.size === 0 ? undefined : [...names]
}
