import type { EventEmitter } from 'node:events'
import { Object, Reflect } from '../platform/platform.js'

/** Receives each event of an emitter and the event's first argument, before the listeners run. Must not throw. */
export type EventWatcher = (event: string | symbol, argument: unknown) => void

/**
 * Passes an emitter's events to `watch` without adding a listener. An additional listener could change the
 * application's behavior: Node and libraries count the listeners for `timeout` or `error`, and warn from the eleventh
 * on. An application may also remove all listeners. Returns false for a frozen emitter.
 */
export function watchEvents(emitter: EventEmitter, watch: EventWatcher): boolean {
  const holder = findEmitter(emitter)
  const replaced: unknown = Object.getOwnPropertyDescriptor(holder, 'emit')?.value

  function emit(this: unknown, event: string | symbol, ...args: unknown[]): unknown {
    watch(event, args[0])
    // The original is read at each call, because `node:domain` replaces `emit` of all emitters when the module is
    // loaded.
    const original = typeof replaced === 'function' ? replaced : Reflect.get(Object.getPrototypeOf(holder), 'emit')
    return Reflect.apply(original, this, [event, ...args])
  }

  return Reflect.defineProperty(holder, 'emit', { value: emit, writable: true, enumerable: false, configurable: true })
}

/**
 * Returns the emitter that an object inherits from, because Node emits events on that emitter. If there is none,
 * returns the object itself.
 */
function findEmitter(emitter: object): object {
  for (let object = emitter; object !== null; object = Object.getPrototypeOf(object)) {
    if (Object.hasOwn(object, '_events')) return object
  }
  return emitter
}
