import { Object, Reflect, Symbol, WeakMap } from '@osprofiler/core/toolkit'
import type { Arounds, Method } from './wrap-method.js'

/**
 * Returns a function that overrides the methods with these names in a single object. The returned function skips
 * methods that the object lacks, and returns false for an object that cannot be changed, such as a frozen one. All
 * objects of a class share the new functions, because each request has many such objects. The functions keep the
 * original name and length, and are not enumerable. They are defined rather than assigned, because assignment fails if
 * the program has frozen the prototype.
 */
export function createOverrides(overrides: Arounds): (object: object) => boolean {
  const mark: symbol = Symbol('osprofiler.prototype')
  const membersByPrototype = new WeakMap<object, readonly Member[]>()

  function rememberMembers(prototype: object): readonly Member[] {
    const members = createMembers(prototype, overrides, mark)
    membersByPrototype.set(prototype, members)
    return members
  }

  return object => {
    const prototype: object = Object.getPrototypeOf(object)
    const members = membersByPrototype.get(prototype) ?? rememberMembers(prototype)
    if (!defineHidden(object, mark, prototype)) return false
    return members.every(([name, method]) => defineHidden(object, name, method))
  }
}

type Member = readonly [name: string, method: Method]

function createMembers(prototype: object, overrides: Arounds, mark: symbol): readonly Member[] {
  return Object.entries(overrides).flatMap(([name, around]) => {
    const original: unknown = Reflect.get(prototype, name)
    if (typeof original !== 'function') return []
    const method: Method = function (this: unknown, ...args) {
      const self = this as Readonly<Record<symbol, object | undefined>>
      // The prototype of `this` is not used, because `this` may inherit from the overridden object.
      const originalPrototype = self[mark] ?? Object.getPrototypeOf(self)
      return around(given => Reflect.apply(originalPrototype[name], self, given), self, args)
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(method, property, { value: original[property], configurable: true })
    }
    return [[name, method]]
  })
}

/** Defines an own property that is not enumerable. Returns whether this was possible. */
export function defineHidden(object: object, name: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true })
}
