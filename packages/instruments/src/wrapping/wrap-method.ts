import { Map, Object, Reflect, shared, standIn, WeakMap } from '@osprofiler/core/toolkit'

/** A method as its wrapper calls it, with any receiver and arguments. */
export type Method = (this: unknown, ...args: unknown[]) => unknown

/** Calls the wrapped method with these arguments, on the original receiver. */
export type Proceed = (args: readonly unknown[]) => unknown

/** Runs in place of a method. Calls the method through `proceed`, with the program's arguments or with changed ones. */
export type Around = (proceed: Proceed, self: unknown, args: unknown[]) => unknown

/** Wrappers by method name. */
export type Arounds = Readonly<Record<string, Around>>

interface Wrapping {
  /** Only the first wrapper runs. When it is removed, the next one takes over. */
  readonly arounds: Around[]
  /** Removes the wrapper. If other code has wrapped the method in the meantime, the wrapper stays and does nothing. */
  restore(): void
}

/**
 * Replaces a method of `holder`, usually a prototype, with `around`. Returns a function that undoes this, or
 * `undefined` if there is no such method. Even if `instrument` is called twice, or by two copies of this package, only
 * one wrapper sees each call.
 */
export function wrapMethod(holder: object, name: string, around: Around): (() => void) | undefined {
  const wrappings = getWrappings(holder)
  const wrapping = wrappings.get(name) ?? installWrapper(holder, name)
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

/** Wraps an object's methods, including inherited ones. Skips methods that the object lacks. */
export function wrapMethods(holder: object, arounds: Arounds): () => void {
  return undoAll(Object.entries(arounds).map(([name, around]) => wrapMethod(holder, name, around)))
}

/** Wraps methods of the class with this prototype. Each method is wrapped in the class that defines it. */
export function wrapInherited(prototype: object, arounds: Arounds): () => void {
  return undoAll(Object.entries(arounds).map(([name, around]) => wrapMethod(findOwner(prototype, name), name, around)))
}

/** Combines several undo functions into one. Skips `undefined`, which means that a method does not exist. */
export function undoAll(undos: readonly ((() => void) | undefined)[]): () => void {
  return () => {
    for (const undo of undos) undo?.()
  }
}

/** Returns the prototype that defines the method, because a library's classes may inherit from one another. */
function findOwner(prototype: object, method: string): object {
  const parent: object | null = Object.getPrototypeOf(prototype)
  // `Object.prototype` does not belong to the library, so the search stops before it.
  const isLast = parent === null || Object.getPrototypeOf(parent) === null
  return isLast || Object.hasOwn(prototype, method) ? prototype : findOwner(parent, method)
}

function installWrapper(holder: object, name: string): Wrapping | undefined {
  const originalDescriptor = Object.getOwnPropertyDescriptor(holder, name)
  const original: unknown = Reflect.get(holder, name)
  if (typeof original !== 'function') return undefined
  const arounds: Around[] = []
  const wrapper = standIn(original as Method, (method, self, args) => {
    const around = arounds[0]
    return around === undefined ? Reflect.apply(method, self, args) : callAround(around, method, self, args)
  })
  const enumerable = originalDescriptor?.enumerable ?? false
  Object.defineProperty(holder, name, { value: wrapper, enumerable, writable: true, configurable: true })
  return {
    arounds,
    restore() {
      if (Object.getOwnPropertyDescriptor(holder, name)?.value !== wrapper) return
      if (originalDescriptor === undefined) Reflect.deleteProperty(holder, name)
      else Object.defineProperty(holder, name, originalDescriptor)
    },
  }
}

/**
 * Calls `around`. If `around` fails, perhaps on an unknown library version, the program still gets the method's result
 * or error.
 */
function callAround(around: Around, method: Method, self: unknown, args: readonly unknown[]): unknown {
  let methodThrew = false
  let returned: { readonly value: unknown } | undefined
  const proceed: Proceed = newArgs => {
    methodThrew = true
    const value = Reflect.apply(method, self, newArgs)
    methodThrew = false
    returned ??= { value }
    return value
  }
  try {
    return around(proceed, self, [...args])
  } catch (error) {
    if (methodThrew) throw error
    return returned === undefined ? Reflect.apply(method, self, args) : returned.value
  }
}

/**
 * The wrappings of each object. Shared by all copies of this package. Stored outside the objects, because the objects
 * belong to other code and may be frozen.
 */
const wrappingsByHolder = shared('instruments.wrapped', () => new WeakMap<object, Map<string, Wrapping>>())

function getWrappings(holder: object): Map<string, Wrapping> {
  const wrappings = wrappingsByHolder.get(holder) ?? new Map<string, Wrapping>()
  wrappingsByHolder.set(holder, wrappings)
  return wrappings
}
