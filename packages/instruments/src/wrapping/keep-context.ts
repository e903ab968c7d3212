import { suppress } from '@osprofiler/core'
import { Object, Reflect, takeContext } from '@osprofiler/core/toolkit'
import { standInOnce } from './stand-in-once.js'
import type { Around, Arounds, Method } from './wrap-method.js'

/** Returns a callback that always runs in `inContext`, by default the current context. */
export function bindCallback<Fn>(callback: Fn, inContext?: ReturnType<typeof takeContext>): Fn {
  return bindAfter(callback, () => undefined, inContext)
}

/** Like `bindCallback`, but first passes the callback's arguments to `before`. */
export function bindAfter<Fn>(
  callback: Fn,
  before: (...args: unknown[]) => void,
  inContext: ReturnType<typeof takeContext> = takeContext(),
): Fn {
  // A stand-in keeps the callback's length and name, which a library may read.
  return standInOnce(callback as Method, (original, self, args) => {
    before(...args)
    return inContext(() => Reflect.apply(original, self, args))
  }) as Fn
}

/** Returns the same arguments, but with each callback bound to the current context. */
export function bindCallbacks(args: unknown[]): unknown[] {
  return args.some(isFunction) ? args.map(arg => (isFunction(arg) ? bindCallback(arg) : arg)) : args
}

/** Wraps a method that the program calls, so that its callbacks run in the context of the call. */
export const aroundCallbacks: Around = (proceed, _self, args) => proceed(bindCallbacks(args))

/**
 * Keeps a client's own work out of the trace that caused it. The program's callbacks still run in the context of the
 * code that passed them.
 */
export const aroundOwnWork: Around = (proceed, _self, args) => suppress(() => proceed(bindCallbacks(args)))

/** Creates wrappers for methods. The wrappers make callbacks run in the context of the code that passed them. */
export function wrapCallbacks(...names: string[]): Arounds {
  return Object.fromEntries(names.map(name => [name, aroundCallbacks]))
}

/** Creates wrappers for methods that do a client's own work, such as opening a connection. */
export function wrapOwnWork(...names: string[]): Arounds {
  return Object.fromEntries(names.map(name => [name, aroundOwnWork]))
}

function isFunction(value: unknown): value is Method {
  return typeof value === 'function'
}
