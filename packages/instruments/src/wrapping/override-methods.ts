import { Object, Reflect, Symbol, WeakMap } from '@osprofiler/core/toolkit'
import type { Arounds, Method } from './wrap-method.js'

/**
 * Overrides methods of single objects, those of these names that an object has. The returned function does so for one object,
 * and reports whether it could: a frozen object keeps its own.
 *
 * All objects of a class share the functions, because each request has so many of them. No listing of an object shows the
 * functions, which have the names and lengths of those of the class. They are defined, not assigned: to assign fails
 * where a program has frozen the prototype.
 */
export function createOverrides(overrides: Arounds): (object: object) => boolean {
  const mark: symbol = Symbol('osprofiler.prototype')
  const known = new WeakMap<object, readonly Member[]>()

  function learn(prototype: object): readonly Member[] {
    const members = createMembers(prototype, overrides, mark)
    known.set(prototype, members)
    return members
  }

  return object => {
    const prototype: object = Object.getPrototypeOf(object)
    const members = known.get(prototype) ?? learn(prototype)
    if (!defineHidden(object, mark, prototype)) return false
    return members.every(([name, method]) => defineHidden(object, name, method))
  }
}

type Member = readonly [name: string, method: Method]

function createMembers(prototype: object, overrides: Arounds, mark: symbol): readonly Member[] {
  return Object.entries(overrides).flatMap(([name, around]) => {
    const like: unknown = Reflect.get(prototype, name)
    if (typeof like !== 'function') return []
    const method: Method = function (this: unknown, ...args) {
      const self = this as Readonly<Record<symbol, object | undefined>>
      // Not the prototype of `this`, which may be an object that inherits from the overridden one.
      const below = self[mark] ?? Object.getPrototypeOf(self)
      return around(given => Reflect.apply(below[name], self, given), self, args)
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(method, property, { value: like[property], configurable: true })
    }
    return [[name, method]]
  })
}

/** Gives an object a member of its own that no listing shows. */
export function defineHidden(object: object, name: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true })
}
