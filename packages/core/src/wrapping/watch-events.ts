import type { EventEmitter } from 'node:events'
import { Object, Reflect } from '../platform/platform.js'

/** Receives each event of an emitter, with its first argument, before the listeners. Must not throw. */
export type EventWatcher = (event: string | symbol, argument: unknown) => void

/**
 * Passes an emitter's events to `watch` without adding a listener. Node and libraries count the listeners for `timeout`
 * or `error` and warn from the eleventh on, and applications remove all listeners. Returns false for a frozen emitter.
 */
export function watchEvents(emitter: EventEmitter, watch: EventWatcher): boolean {
  const holder = findEmitter(emitter)
  const replaced: unknown = Object.getOwnPropertyDescriptor(holder, 'emit')?.value

  function emit(this: unknown, event: string | symbol, ...args: unknown[]): unknown {
    watch(event, args[0])
    // Read at each call, because `node:domain` replaces `emit` of all emitters when it is loaded.
    const original = typeof replaced === 'function' ? replaced : Reflect.get(Object.getPrototypeOf(holder), 'emit')
    return Reflect.apply(original, this, [event, ...args])
  }

  return Reflect.defineProperty(holder, 'emit', { value: emit, writable: true, enumerable: false, configurable: true })
}

/** Returns the emitter that an object inherits from, because Node emits on it, or otherwise the object itself. */
function findEmitter(emitter: object): object {
  for (let object = emitter; object !== null; object = Object.getPrototypeOf(object)) {
    if (Object.hasOwn(object, '_events')) return object
  }
  return emitter
}
