import { suppress } from '@osprofiler/core'
import { Object, Reflect, takeContext } from '@osprofiler/core/toolkit'
import { standInOnce } from './stand-in-once.js'
import type { Around, Arounds, Method } from './wrap-method.js'

/** A callback that runs in today's context, whoever calls it. */
export function bindCallback<Fn>(callback: Fn): Fn {
  return bindAfter(callback, () => undefined)
}

/** As `bindCallback`, after `before` was given the arguments of the callback. */
export function bindAfter<Fn>(callback: Fn, before: (...args: unknown[]) => void): Fn {
  const inContext = takeContext()
  // A stand-in, because a library may look at the length or the name of what the library is given.
  return standInOnce(callback as Method, (original, self, args) => {
    before(...args)
    return inContext(() => Reflect.apply(original, self, args))
  }) as Fn
}

/** The same arguments, each callback among them bound to today's context. */
export function bindCallbacks(args: unknown[]): unknown[] {
  return args.some(isFunction) ? args.map(arg => (isFunction(arg) ? bindCallback(arg) : arg)) : args
}

/** Around a method of the program's: its callbacks run in the context of whoever gave them. */
export const aroundCallbacks: Around = (proceed, _self, args) => proceed(bindCallbacks(args))

/**
 * Around a method by which a client does work of its own, even if a traced request woke that work: it belongs to no
 * trace. The callbacks of the program still run in the context of whoever gave them.
 */
export const aroundOwnWork: Around = (proceed, _self, args) => suppress(() => proceed(bindCallbacks(args)))

/** The methods of these names, whose callbacks run in the context of whoever gave them. */
export function withCallbacks(...names: string[]): Arounds {
  return Object.fromEntries(names.map(name => [name, aroundCallbacks]))
}

/** The methods of these names, as work of a client's own. */
export function ownWork(...names: string[]): Arounds {
  return Object.fromEntries(names.map(name => [name, aroundOwnWork]))
}

function isFunction(value: unknown): value is Method {
  return typeof value === 'function'
}
