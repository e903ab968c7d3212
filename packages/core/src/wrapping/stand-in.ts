import { Function, Object, Proxy, Reflect, Symbol, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

/** A function of any shape. */
export type AnyFunction = (this: never, ...args: never[]) => unknown

/** The type of a function when a stand-in calls it. */
export type Call = (this: unknown, ...args: unknown[]) => unknown

/** Runs in place of a call. It may call `original` with `self` and `args`, or with other values. */
export type InPlaceOfCall = (original: Call, self: unknown, args: unknown[]) => unknown

const originals = shared('stand-ins', () => new WeakMap<object, AnyFunction>())
const readSource = Function.prototype.toString
const hasInstance = Function.prototype[Symbol.hasInstance]

/**
 * Returns a stand-in for `fn`: a proxy that runs `call` instead of `fn`, also for `new`. Other code sees `fn`'s kind
 * (async, generator, arrow), prototype chain, properties, name, length, source text and decorator metadata, including
 * later changes. A proxy cannot preserve the results of `Function.prototype.toString.call(fn)` and of the checks in
 * `util.types`. A `Map` or `WeakMap` with an entry for `fn` has no entry for the proxy.
 */
export function standIn<F extends AnyFunction>(fn: F, call: InPlaceOfCall): F {
  const innermost = originalOf(fn)
  // A proxy around another stand-in would cost an additional call, and `util.inspect` looks through only one proxy.
  const proxy: F = new Proxy(innermost, {
    apply: (_, self, args) => call(fn as unknown as Call, self, args),
    construct(_, args, newTarget) {
      const target = newTarget === proxy ? fn : newTarget
      if (newTarget === proxy) adoptPrototype(innermost, proxy)
      const build = (...given: unknown[]) => Reflect.construct(fn, given, target)
      return call(build, undefined, args) as object
    },
    get(_, key, receiver) {
      if (key === 'prototype') adoptPrototype(innermost, proxy)
      if (receiver !== proxy) return readAsOriginal(innermost, key, receiver)
      // An accessor may recognize its function by a private member or a `WeakMap`, so it receives the original as
      // `this`.
      const value = readAsOriginal(innermost, key, innermost)
      return value === innermost ? proxy : value
    },
    set: (_, key, value, receiver) => Reflect.set(innermost, key, value, receiver === proxy ? innermost : receiver),
    getOwnPropertyDescriptor(_, key) {
      if (key === 'prototype') adoptPrototype(innermost, proxy)
      return Object.getOwnPropertyDescriptor(innermost, key)
    },
  })
  originals.set(proxy, innermost)
  copyMetadata(fn, proxy)
  return proxy
}

/** Returns the original of a stand-in, even through several stand-ins. Returns any other function unchanged. */
export function originalOf<F extends AnyFunction>(fn: F): F {
  return (originals.get(fn) ?? fn) as F
}

/** Reads a property of a stand-in from its original. */
export function readAsOriginal(original: AnyFunction, key: string | symbol, receiver: unknown): unknown {
  const value: unknown = Reflect.get(original, key, receiver)
  // If the property is missing, `instanceof` looks for the target of a bound function, which a proxy hides.
  if (value === undefined && key === Symbol.hasInstance) return hasInstanceOfOriginal
  if (value !== readSource && value !== hasInstance) return value
  // A proxy must return the target's actual value for a non-configurable property.
  if (Object.getOwnPropertyDescriptor(original, key)?.configurable === false) return value
  return value === readSource ? sourceText : hasInstanceOfOriginal
}

/** Returns the source text of a function. For a stand-in, returns the source text of its original. */
export function sourceOf(fn: AnyFunction): string {
  return Reflect.apply(readSource, originalOf(fn), [])
}

/** Returns whether a function is built into JavaScript or Node and not written in JavaScript. */
export function isNative(fn: AnyFunction): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(sourceOf(fn))
}

/**
 * Registers a class as the stand-in of another class, for code that reads `constructor`, the source text or metadata.
 */
export function registerClassStandIn(standing: AnyFunction, original: AnyFunction): void {
  originals.set(standing, originalOf(original))
  adoptPrototype(original, standing)
  copyMetadata(original, standing)
  const members = [...Reflect.ownKeys(original), ...Reflect.ownKeys(original.prototype)]
  for (const key of members) copyMetadata(original, standing, key)
}

/** Used in place of `Function.prototype.toString`, which returns `function () { [native code] }` for a proxy. */
const { toString: sourceText } = {
  toString(this: AnyFunction): string {
    return Reflect.apply(readSource, originalOf(this), [])
  },
}

/**
 * Used in place of `Function.prototype[Symbol.hasInstance]`, which does not find the target of a bound function behind
 * a proxy.
 */
const { [Symbol.hasInstance]: hasInstanceOfOriginal } = {
  [Symbol.hasInstance](this: AnyFunction, value: unknown): boolean {
    return Reflect.apply(hasInstance, originalOf(this), [value])
  },
}

/**
 * Makes the stand-in the `constructor` of the objects that it creates, because the application only knows the stand-in.
 */
function adoptPrototype(original: AnyFunction, proxy: AnyFunction): void {
  const prototype: unknown = original.prototype
  if (typeof prototype !== 'object' || prototype === null) return
  const own = Object.getOwnPropertyDescriptor(prototype, 'constructor')
  if (own?.value !== original || !(own.writable && own.configurable)) return
  // Built-in classes stay unchanged, because JavaScript itself reads the `constructor` of an array or a promise.
  if (isNative(original)) return
  Object.defineProperty(prototype, 'constructor', { ...own, value: proxy })
}

interface MetadataReflect {
  getOwnMetadataKeys(target: object, key?: string | symbol): readonly unknown[]
  getOwnMetadata(name: unknown, target: object, key?: string | symbol): unknown
  defineMetadata(name: unknown, value: unknown, target: object, key?: string | symbol): void
}

/**
 * Copies the decorator metadata of a function, of a class, or of the class's member `key`. Reads the global `Reflect`
 * at each call, because reflect-metadata may load after this package.
 */
function copyMetadata(from: object, to: object, ...key: [] | [string | symbol]): void {
  const reflect = globalThis.Reflect as Partial<MetadataReflect>
  if (!hasMetadata(reflect)) return
  for (const name of reflect.getOwnMetadataKeys(from, ...key)) {
    reflect.defineMetadata(name, reflect.getOwnMetadata(name, from, ...key), to, ...key)
  }
}

function hasMetadata(reflect: Partial<MetadataReflect>): reflect is MetadataReflect {
  return typeof reflect.getOwnMetadataKeys === 'function'
}
