import { Function, Object, Proxy, Reflect, Symbol, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

/** A function of any shape. */
export type AnyFunction = (this: never, ...args: never[]) => unknown

/** A function as a stand-in calls it. */
export type Call = (this: unknown, ...args: unknown[]) => unknown

/** What a stand-in does in place of a call. `original` is called with this `self` and these `args`, or with others. */
export type InPlaceOfCall = (original: Call, self: unknown, args: unknown[]) => unknown

/** What each stand-in stands for, by the stand-in. */
const originals = shared('stand-ins', () => new WeakMap<object, AnyFunction>())
const readSource = Function.prototype.toString
const hasInstance = Function.prototype[Symbol.hasInstance]

/**
 * A function that stands for `fn` and runs `call` in its place, also for `new`.
 *
 * Other code knows a function by its kind (async, generator, arrow), its prototype chain, its own properties, its name,
 * length and source text, and by the metadata that decorators keep for it. All of these are those of `fn`, now and later.
 *
 * Not even a proxy keeps these: `Function.prototype.toString.call(fn)`, the checks of `util.types`, and what a `Map` or
 * `WeakMap` holds for `fn` itself.
 */
export function standIn<F extends AnyFunction>(fn: F, call: InPlaceOfCall): F {
  const innermost = originalOf(fn)
  // Not of another stand-in: `util.inspect` looks through one proxy, and each proxy costs a call.
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
      // An accessor may know its function by a private member, or by a `WeakMap`.
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

/** The function that a stand-in stands for, perhaps behind further ones. Any other function is its own original. */
export function originalOf<F extends AnyFunction>(fn: F): F {
  return (originals.get(fn) ?? fn) as F
}

/** A property of a function whose stand-in was asked for it. */
export function readAsOriginal(original: AnyFunction, key: string | symbol, receiver: unknown): unknown {
  const value: unknown = Reflect.get(original, key, receiver)
  // Of a bound function without it, the language finds by the binding what an object is an instance of.
  if (value === undefined && key === Symbol.hasInstance) return hasInstanceOfOriginal
  if (value !== readSource && value !== hasInstance) return value
  // A proxy must show what a frozen function has itself.
  if (Object.getOwnPropertyDescriptor(original, key)?.configurable === false) return value
  return value === readSource ? sourceText : hasInstanceOfOriginal
}

/** The source text of a function, also behind a stand-in. */
export function sourceOf(fn: AnyFunction): string {
  return Reflect.apply(readSource, originalOf(fn), [])
}

/** Whether a function is one of the language or of Node, not written in JavaScript. */
export function isNative(fn: AnyFunction): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(sourceOf(fn))
}

/** Has a class known that stands for another one: for whoever asks for `constructor`, source text or metadata. */
export function standForClass(standing: AnyFunction, original: AnyFunction): void {
  originals.set(standing, originalOf(original))
  adoptPrototype(original, standing)
  copyMetadata(original, standing)
  const members = [...Reflect.ownKeys(original), ...Reflect.ownKeys(original.prototype)]
  for (const key of members) copyMetadata(original, standing, key)
}

/** In place of `Function.prototype.toString`, which shows `function () { [native code] }` for a proxy. */
const { toString: sourceText } = {
  toString(this: AnyFunction): string {
    return Reflect.apply(readSource, originalOf(this), [])
  },
}

/** In place of the one of all functions, which does not find what a bound function is bound to behind a proxy. */
const { [Symbol.hasInstance]: hasInstanceOfOriginal } = {
  [Symbol.hasInstance](this: AnyFunction, value: unknown): boolean {
    return Reflect.apply(hasInstance, originalOf(this), [value])
  },
}

/** Objects that a stand-in builds have the stand-in for a `constructor`: the program knows no other function. */
function adoptPrototype(original: AnyFunction, proxy: AnyFunction): void {
  const prototype: unknown = original.prototype
  if (typeof prototype !== 'object' || prototype === null) return
  const own = Object.getOwnPropertyDescriptor(prototype, 'constructor')
  if (own?.value !== original || !(own.writable && own.configurable)) return
  // The language itself asks for the constructor of an array or a promise.
  if (isNative(original)) return
  Object.defineProperty(prototype, 'constructor', { ...own, value: proxy })
}

/** The part of reflect-metadata that is used. */
interface MetadataReflect {
  getOwnMetadataKeys(target: object, key?: string | symbol): readonly unknown[]
  getOwnMetadata(name: unknown, target: object, key?: string | symbol): unknown
  defineMetadata(name: unknown, value: unknown, target: object, key?: string | symbol): void
}

/** Copies what decorators noted of a function or class, or of its member `key`. reflect-metadata may load after us. */
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
