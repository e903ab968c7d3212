import type { EventEmitter } from 'node:events'
import { Object, Reflect } from '../platform/platform.js'

/** Shown each event of an emitter, with its first argument, before the listeners are told. Must not throw. */
export type EventWatcher = (event: string | symbol, argument: unknown) => void

/**
 * Shows `watch` what an emitter emits, and adds no listener. Node and libraries ask how many listeners there are for
 * `timeout` or `error`, warn from the eleventh on, and programs remove them all.
 *
 * Returns whether the emitter could be watched: a frozen one cannot.
 */
export function watchEvents(emitter: EventEmitter, watch: EventWatcher): boolean {
  const holder = findEmitter(emitter)
  const replaced: unknown = Object.getOwnPropertyDescriptor(holder, 'emit')?.value

  function emit(this: unknown, event: string | symbol, ...args: unknown[]): unknown {
    watch(event, args[0])
    // Looked up at each call: `node:domain` replaces the method of all emitters when it is loaded.
    const original = typeof replaced === 'function' ? replaced : Reflect.get(Object.getPrototypeOf(holder), 'emit')
    return Reflect.apply(original, this, [event, ...args])
  }

  return Reflect.defineProperty(holder, 'emit', { value: emit, writable: true, enumerable: false, configurable: true })
}

/** The emitter itself, where an object only inherits from it: Node emits on that one. */
function findEmitter(emitter: object): object {
  for (let object = emitter; object !== null; object = Object.getPrototypeOf(object)) {
    if (Object.hasOwn(object, '_events')) return object
  }
  return emitter
}
