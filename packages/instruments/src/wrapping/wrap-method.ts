import { globalObject, Map, Object, Reflect, standIn, WeakMap } from '@osprofiler/core/toolkit'
/** A method as its wrapper calls it. */
export type Method = (this: unknown, ...args: unknown[]) => unknown

/** What is done in place of a method: calls `original` itself, with `self` and arguments of its choice. */
export type Around = (original: Method, self: unknown, args: unknown[]) => unknown

interface Wrapping {
  /** Of all who want this method wrapped: the first one works, the next takes over when it is undone. */
  readonly arounds: Around[]
  /** Takes the wrapper away again, unless somebody has wrapped it since: then it stays, and does nothing. */
  restore(): void
}

/**
 * Puts `around` in place of a method of `holder`, mostly a prototype; the function that it returns undoes that.
 * `undefined` where there is no such method.
 *
 * Wrapped twice, by two installations or two copies of this package, a call is still told to one of them only.
 */
export function wrapMethod(holder: object, name: string, around: Around): (() => void) | undefined {
  const wrappings = wrappingsOf(holder)
  const wrapping = wrappings.get(name) ?? wrap(holder, name)
  if (wrapping === undefined) return undefined
  wrappings.set(name, wrapping)
  wrapping.arounds.push(around)
  return () => {
    const at = wrapping.arounds.indexOf(around)
    if (at < 0) return
    wrapping.arounds.splice(at, 1)
    if (wrapping.arounds.length > 0) return
    wrapping.restore()
    wrappings.delete(name)
  }
}

/** Wraps these methods of an object in one way; those that a version of the library lacks are left out. */
export function wrapMethods(holder: object, names: readonly string[], around: Around): () => void {
  return undoAll(names.map(name => wrapMethod(holder, name, around)))
}

/** Undoes them all; for what wraps several methods. */
export function undoAll(undos: readonly ((() => void) | undefined)[]): () => void {
  return () => {
    for (const undo of undos) undo?.()
  }
}

/** The prototype that has a method itself, in the chain of a class: libraries derive one from another. */
export function ownerOf(prototype: object, method: string): object {
  const parent: unknown = Object.getPrototypeOf(prototype)
  const inherited = !Object.hasOwn(prototype, method) && typeof parent === 'object' && parent !== null
  return inherited ? ownerOf(parent, method) : prototype
}

function wrap(holder: object, name: string): Wrapping | undefined {
  const before = Object.getOwnPropertyDescriptor(holder, name)
  const original: unknown = Reflect.get(holder, name)
  if (typeof original !== 'function') return undefined
  const arounds: Around[] = []
  const wrapper = createWrapper(original as Method, arounds)
  const enumerable = before?.enumerable ?? false
  Object.defineProperty(holder, name, { value: wrapper, enumerable, writable: true, configurable: true })
  return {
    arounds,
    restore() {
      if (Object.getOwnPropertyDescriptor(holder, name)?.value !== wrapper) return
      if (before === undefined) Reflect.deleteProperty(holder, name)
      else Object.defineProperty(holder, name, before)
    },
  }
}

function createWrapper(original: Method, arounds: readonly Around[]): Method {
  return standIn(original, (method, self, args) => {
    const around = arounds[0]
    return around === undefined ? Reflect.apply(method, self, args) : callAround(around, method, self, args)
  })
}

/**
 * Whatever `around` makes of a library that is not as it expects, the program gets what the method returns or throws: a
 * pool of another make, a version that nobody has seen.
 */
function callAround(around: Around, method: Method, self: unknown, args: readonly unknown[]): unknown {
  let threw = false
  let returned: { readonly value: unknown } | undefined
  const watched: Method = function (...given) {
    threw = true
    const value = Reflect.apply(method, this, given)
    threw = false
    returned ??= { value }
    return value
  }
  try {
    return around(watched, self, [...args])
  } catch (error) {
    if (threw) throw error
    return returned === undefined ? Reflect.apply(method, self, args) : returned.value
  }
}

const WRAPPINGS = Symbol.for('osprofiler.instruments.wrappings')

/** Shared by all copies of this package. Kept beside the holders, which belong to others and may be frozen. */
function wrappingsOf(holder: object): Map<string, Wrapping> {
  const shared = globalObject as { [WRAPPINGS]?: WeakMap<object, Map<string, Wrapping>> }
  if (shared[WRAPPINGS] === undefined) Object.defineProperty(shared, WRAPPINGS, { value: new WeakMap() })
  const wrappings = shared[WRAPPINGS]?.get(holder) ?? new Map<string, Wrapping>()
  shared[WRAPPINGS]?.set(holder, wrappings)
  return wrappings
}
