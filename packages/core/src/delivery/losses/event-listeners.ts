import { handleRejection } from '../../platform/handle-rejection.js'
import { isThenable } from '../../platform/is-thenable.js'
import { Map, TypeError } from '../../platform/platform.js'
import { suppress } from '../../points/context.js'

type Listener = (...details: never[]) => unknown

/** Those who want to be told what happens, by event. */
export type EventListeners = ReturnType<typeof createEventListeners>

/** Makes an empty set of listeners. */
export function createEventListeners() {
  const listeners = new Map<string, ((...details: unknown[]) => unknown)[]>()
  return {
    add(event: string, listener: Listener): void {
      if (typeof listener !== 'function') throw new TypeError(`A listener is a function, not ${typeof listener}`)
      listeners.set(event, [...(listeners.get(event) ?? []), listener as (...details: unknown[]) => unknown])
    },
    has: (event: string): boolean => listeners.has(event),
    /** Tells each one. What it throws, now or later, is its own concern; what it does is not traced. */
    tell(event: string, ...details: unknown[]): void {
      for (const listener of listeners.get(event) ?? []) {
        try {
          // Suppressed: one that makes records, of a full queue for instance, would be told of them in turn.
          const result = suppress(() => listener(...details))
          if (isThenable(result)) handleRejection(result)
        } catch {
          // As said above.
        }
      }
    },
  }
}
