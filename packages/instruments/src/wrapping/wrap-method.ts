import { Map, Object, Reflect, shared, standIn, WeakMap } from '@osprofiler/core/toolkit'

/** A method as its wrapper calls it. */
export type Method = (this: unknown, ...args: unknown[]) => unknown

/** Goes on to the method that was wrapped, with these arguments. */
export type Proceed = (args: readonly unknown[]) => unknown

/** What is done in place of a method: goes on by itself, with the arguments of the program or others. */
export type Around = (proceed: Proceed, self: unknown, args: unknown[]) => unknown

/** What is done around the methods of these names. */
export type Arounds = Readonly<Record<string, Around>>

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

/** Wraps methods of an object, those that it inherits as well; those that it lacks are left out. */
export function wrapMethods(holder: object, arounds: Arounds): () => void {
  return undoAll(Object.entries(arounds).map(([name, around]) => wrapMethod(holder, name, around)))
}

/** Wraps methods of a class, given by its prototype, each in the class that it derives the method from. */
export function wrapInherited(prototype: object, arounds: Arounds): () => void {
  return undoAll(Object.entries(arounds).map(([name, around]) => wrapMethod(ownerOf(prototype, name), name, around)))
}

/** Undoes them all; for what wraps several methods. */
export function undoAll(undos: readonly ((() => void) | undefined)[]): () => void {
  return () => {
    for (const undo of undos) undo?.()
  }
}

/** The prototype that has a method itself, in the chain of a class: libraries derive one from another. */
function ownerOf(prototype: object, method: string): object {
  const parent: object | null = Object.getPrototypeOf(prototype)
  // What every object inherits is of no library.
  const isLast = parent === null || Object.getPrototypeOf(parent) === null
  return isLast || Object.hasOwn(prototype, method) ? prototype : ownerOf(parent, method)
}

function wrap(holder: object, name: string): Wrapping | undefined {
  const before = Object.getOwnPropertyDescriptor(holder, name)
  const original: unknown = Reflect.get(holder, name)
  if (typeof original !== 'function') return undefined
  const arounds: Around[] = []
  const wrapper = standIn(original as Method, (method, self, args) => {
    const around = arounds[0]
    return around === undefined ? Reflect.apply(method, self, args) : callAround(around, method, self, args)
  })
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

/**
 * Whatever `around` makes of a library that is not as it expects, the program gets what the method returns or throws: a
 * pool of another make, a version that nobody has seen.
 */
function callAround(around: Around, method: Method, self: unknown, args: readonly unknown[]): unknown {
  let threw = false
  let returned: { readonly value: unknown } | undefined
  const proceed: Proceed = given => {
    threw = true
    const value = Reflect.apply(method, self, given)
    threw = false
    returned ??= { value }
    return value
  }
  try {
    return around(proceed, self, [...args])
  } catch (error) {
    if (threw) throw error
    return returned === undefined ? Reflect.apply(method, self, args) : returned.value
  }
}

/** Shared by all copies of this package. Kept beside the holders, which belong to others and may be frozen. */
const wrapped = shared('instruments.wrapped', () => new WeakMap<object, Map<string, Wrapping>>())

function wrappingsOf(holder: object): Map<string, Wrapping> {
  const wrappings = wrapped.get(holder) ?? new Map<string, Wrapping>()
  wrapped.set(holder, wrappings)
  return wrappings
}
