import { handleRejection } from '../../platform/handle-rejection.js'
import { isThenable } from '../../platform/is-thenable.js'
import { Map, TypeError } from '../../platform/platform.js'
import { suppress } from '../../points/context.js'

type Listener = (...details: never[]) => unknown

/** The listeners of a notifier, by event. */
export type EventListeners = ReturnType<typeof createEventListeners>

/** Creates an empty set of listeners. `add` throws a TypeError for a listener that is not a function. */
export function createEventListeners() {
  const listeners = new Map<string, ((...details: unknown[]) => unknown)[]>()
  return {
    add(event: string, listener: Listener): void {
      if (typeof listener !== 'function') throw new TypeError(`A listener must be a function, not ${typeof listener}`)
      listeners.set(event, [...(listeners.get(event) ?? []), listener as (...details: unknown[]) => unknown])
    },
    has: (event: string): boolean => listeners.has(event),
    /** Calls each listener, untraced. A listener's errors and rejections are ignored. */
    emit(event: string, ...details: unknown[]): void {
      for (const listener of listeners.get(event) ?? []) {
        try {
          // Tracing is suppressed. Otherwise, a listener that emits records, for example about a full queue, would
          // trigger itself.
          const result = suppress(() => listener(...details))
          if (isThenable(result)) handleRejection(result)
        } catch {
          // The error is ignored, as the documentation of `QueueNotifier.on` says.
        }
      }
    },
  }
}
