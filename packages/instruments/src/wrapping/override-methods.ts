import { Object, Reflect, Symbol } from '@osprofiler/core/toolkit'
import type { Method } from './wrap-method.js'

/** What one object does in place of a method of its prototype. */
export type Override = (original: Method, self: object, args: unknown[]) => unknown

/**
 * Overrides methods of single objects. The returned function does so for one object, and reports whether it could: a
 * frozen object keeps its own.
 *
 * All objects share the functions, because each request has so many of them. No listing of an object shows the
 * functions, which have the names and lengths of those of `prototype`. They are defined, not assigned: to assign fails
 * where a program has frozen the prototype.
 */
export function createOverrides(
  prototype: object,
  overrides: Readonly<Record<string, Override>>,
): (object: object) => boolean {
  const mark: symbol = Symbol('osprofiler.prototype')
  const members = Object.entries(overrides).map(([name, override]) => {
    const like: unknown = Reflect.get(prototype, name)
    const method = function (this: Readonly<Record<symbol, object | undefined>>, ...args: unknown[]): unknown {
      // Not the prototype of `this`, which may be an object that inherits from the overridden one.
      const below = this[mark] ?? Object.getPrototypeOf(this)
      return override(below[name], this, args)
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(method, property, { value: (like as Method)[property], configurable: true })
    }
    return [name, { value: method, writable: true, enumerable: false, configurable: true }] as const
  })
  return object =>
    defineHidden(object, mark, Object.getPrototypeOf(object)) &&
    members.every(([name, descriptor]) => Reflect.defineProperty(object, name, descriptor))
}

/** Gives an object a member of its own that no listing shows. */
export function defineHidden(object: object, name: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true })
}
