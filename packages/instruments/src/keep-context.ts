import { bind, suppress } from '@osprofiler/core'
import { Array, Reflect, wasEverTraced } from '@osprofiler/core/toolkit'
import { standInOnce } from './stand-in-once.js'
import { type Around, wrapMethod } from './wrap-method.js'

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Runs a function in the context in which this runner was made. */
export type RunInContext = <T>(fn: () => T) => T

/**
 * A callback that runs in today's context, whoever calls it. The program's own function before the first trace of a
 * process, because there is no other context then.
 */
export function bindCallback<Fn>(callback: Fn): Fn {
  return wasEverTraced() ? bindInto(callback, () => undefined) : callback
}

/** As `bindCallback`, after `before` was given the arguments of the callback. */
export function bindInto<Fn>(callback: Fn, before: (...args: unknown[]) => void): Fn {
  const inContext = bind((self: unknown, args: unknown[]) => Reflect.apply(callback as Method, self, args))
  // A stand-in, because a library may look at the length or the name of what the library is given.
  return standInOnce(callback as Method, (_callback, self, args) => {
    before(...args)
    return inContext(self, args)
  }) as Fn
}

/** The same arguments, each callback among them bound to today's context. */
export function bindCallbacks(args: unknown[]): unknown[] {
  if (!wasEverTraced() || !args.some(isFunction)) return args
  return args.map(arg => (isFunction(arg) ? bindCallback(arg) : arg))
}

/** Runs functions in today's context. */
export function keepContext(): RunInContext {
  return bind(<T>(fn: () => T): T => fn()) as RunInContext
}

/** Around a method of the program's: its callbacks run in the context of whoever gave them. */
export const aroundCallbacks: Around = (original, self, args) => Reflect.apply(original, self, bindCallbacks(args))

/**
 * Around a method by which a client does work of its own, even if a traced request woke that work: it belongs to no
 * trace. The callbacks of the program still run in the context of whoever gave them.
 */
export const aroundOwnWork: Around = (original, self, args) =>
  wasEverTraced()
    ? suppress(() => Reflect.apply(original, self, bindCallbacks(args)))
    : Reflect.apply(original, self, args)

function isFunction(value: unknown): value is Method {
  return typeof value === 'function'
}

/** Wraps these methods of an object in one way; those that a version of the library lacks are left out. */
export function wrapMethods(holder: object, names: readonly string[], around: Around): (() => void)[] {
  return Array.from(names).flatMap(name => wrapMethod(holder, name, around) ?? [])
}
