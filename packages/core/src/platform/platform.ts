/**
 * When the package loads, this module copies the parts of Node and of the language that this project uses. An
 * application may replace any global or any member of a Node module at any time. For example, zone.js, bluebird, fake
 * timers, mocks and frozen realms do so. Importing a name from a Node module is no safer, because
 * `syncBuiltinESMExports()` changes the import. So each name is a constant here, and the rest of the project uses no
 * globals after it is loaded.
 */
import { Buffer as NodeBuffer, btoa as nodeBtoa } from 'node:buffer'
import nodeCrypto from 'node:crypto'
import { performance as nodePerformance } from 'node:perf_hooks'
import nodeProcess from 'node:process'
import { URL as NodeUrl, URLSearchParams as NodeUrlSearchParams } from 'node:url'
import { TextDecoder as NodeTextDecoder, TextEncoder as NodeTextEncoder, types as nodeTypes } from 'node:util'
import { deserialize } from 'node:v8'
import { takeTimers } from './node-timers.js'
import { shorten } from './shorten.js'

const global = globalThis
/** The global object, where copies of this package in one process share their state. */
export const globalObject: object = global

function isNative(fn: object): boolean {
  return /\[native code\]/.test(global.Reflect.apply(global.Function.prototype.toString, fn, []))
}

/** Copies a namespace such as `JSON` or `Object`, because a mock may replace members of the original. */
function copyNamespace<Namespace extends object>(namespace: Namespace): { [Name in keyof Namespace]: Namespace[Name] } {
  const names = global.Object.getOwnPropertyNames(namespace) as (keyof Namespace)[]
  const members = names.map(name => [name, namespace[name]] as const)
  return global.Object.fromEntries(members) as Namespace
}

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = takeTimers()
export const { queueMicrotask, fetch, decodeURIComponent, encodeURIComponent } = global

/** The promise class of async functions, even if the global `Promise` was replaced before this package was loaded. */
export const Promise = (async () => {})().constructor as PromiseConstructor

// Fake timers replace the global `Date`, but Node's deserializer still creates built-in dates, whose constructor is the
// original.
const SERIALIZED_DATE = NodeBuffer.from([0xff, 0x0f, 0x44, 0, 0, 0, 0, 0, 0, 0, 0])
export const Date = takeDate()
function takeDate(): DateConstructor {
  try {
    return (deserialize(SERIALIZED_DATE) as globalThis.Date).constructor as DateConstructor
  } catch {
    // Bun cannot read this serialized date, because Bun has a format of its own.
    return global.Date
  }
}

/** The wall clock, in milliseconds since the epoch. */
export const dateNow: () => number = isNative(Date.now) ? Date.now : readDate

function readDate(): number {
  const date = new Date()
  return date.getTime()
}

// Fake timers define their clock on the `performance` object itself. Node's own clock remains in the prototype. Bun has
// no clock in the prototype.
const prototype: typeof nodePerformance = global.Object.getPrototypeOf(nodePerformance)
const clock = 'now' in prototype ? prototype : nodePerformance
export const performance = {
  now: clock.now.bind(nodePerformance) as () => number,
  eventLoopUtilization: clock.eventLoopUtilization.bind(nodePerformance),
  // The time origin is read only once, because the accessor is slow and a process's time origin never changes.
  timeOrigin: global.Reflect.get(clock, 'timeOrigin', nodePerformance) as number,
}

export const process: NodeJS.Process = nodeProcess
const nodeEmitWarning = nodeProcess.emitWarning.bind(nodeProcess)
/** A warning may quote an environment variable, whose length is unlimited. */
const MAX_WARNING_CHARS = 2_000
/** Emits a process warning. Never throws. */
export function emitWarning(message: string, options: { readonly code: string }): void {
  const shown = shorten(message, MAX_WARNING_CHARS)
  try {
    nodeEmitWarning(shown, options)
  } catch {
    emitWarningObject(shown, options)
  }
}

/**
 * Emits a warning object that already has a name. From a text, Node would create a warning and assign its name, which
 * throws if `Error.prototype` is frozen.
 */
function emitWarningObject(message: string, { code }: { readonly code: string }): void {
  const warning = new Error(message)
  const member = { enumerable: false, writable: true, configurable: true }
  Object.defineProperties(warning, { name: { ...member, value: 'Warning' }, code: { ...member, value: code } })
  try {
    nodeEmitWarning(warning)
  } catch {
    // An application may have replaced `emitWarning`, and this project's warnings must not throw into the application.
  }
}

/**
 * Some of these functions create the random parts of ids. Without them, the package `uuid` would read the global
 * `crypto` at each call.
 */
export const { createHmac, createSecretKey, hkdfSync, randomFillSync, randomUUID, timingSafeEqual } = nodeCrypto

export const URL = NodeUrl
export const URLSearchParams = NodeUrlSearchParams
export const Buffer = NodeBuffer
export const btoa = nodeBtoa
export const TextDecoder = NodeTextDecoder
export const TextEncoder = NodeTextEncoder
export const { AbortController, AbortSignal, DOMException } = global

const { isAnyArrayBuffer, isAsyncFunction, isBoxedPrimitive, isDate, isGeneratorFunction, isGeneratorObject, isMap } =
  nodeTypes
const { isNativeError, isPromise, isProxy, isRegExp, isSet, isUint8Array, isWeakMap, isWeakSet } = nodeTypes
export const types = {
  ...{ isAnyArrayBuffer, isAsyncFunction, isBoxedPrimitive, isDate, isGeneratorFunction, isGeneratorObject, isMap },
  ...{ isNativeError, isPromise, isProxy, isRegExp, isSet, isUint8Array, isWeakMap, isWeakSet },
}

export const JSON = copyNamespace(global.JSON)
export const Math = copyNamespace(global.Math)
export const Object = copyNamespace(global.Object)
export const Reflect = copyNamespace(global.Reflect)
export const Atomics = copyNamespace(global.Atomics)

export const { Array, ArrayBuffer, BigInt, Boolean, Function, Number, Proxy, RegExp, String, Symbol } = global
export const { AggregateError, Error, RangeError, TypeError } = global
export const { Map, Set, WeakMap, WeakRef, WeakSet, FinalizationRegistry } = global
export const { Int32Array, SharedArrayBuffer, Uint8Array } = global
