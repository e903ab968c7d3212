import { Array, ArrayBuffer, Date, Map, Math, Number, Object, Reflect, String, types, URL } from './platform.js'
import { isSecretName, REDACTED, redactCutUrls, redactUrls } from './secret-names.js'

const MAX_DEPTH = 6
const MAX_ENTRIES = 100
const MAX_STRING = 10_000
const MAX_NAME = 256
const MAX_LABEL = 64
// Bounds of one info as a whole: what is wide and deep at once is cut as well.
const MAX_VALUES = 1_000
const MAX_CHARACTERS = 64_000

const readHref = Object.getOwnPropertyDescriptor(URL.prototype, 'href')?.get as (this: object) => string

interface Allowance {
  values: number
  characters: number
  readonly path: object[]
}

/**
 * A copy of any value that is safe to keep and to send: plain JSON values, bounded in depth, width and length,
 * with what stands under secret names redacted. Runs none of the program's code (no getter, no `toJSON`, no proxy
 * trap) and never throws. What was cut says so: `[Object]`, `...`, `12 more`.
 */
export function recordable(value: unknown): unknown {
  return copy(value, { values: MAX_VALUES, characters: MAX_CHARACTERS, path: [] })
}

/** An info as a point keeps it: a fresh object that holds nothing of the caller's. */
export function recordableInfo(info: unknown): Record<string, unknown> {
  if (info === undefined || info === null) return {}
  const copied = recordable(info)
  return isPlain(copied) ? copied : { value: copied }
}

/** A text cut to `length` characters, never inside a surrogate pair. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}...`
}

/** A text without the secrets of URLs in it, cut to `length` characters. */
export function redactText(text: string, length: number): string {
  // Cut first: a long text is not searched to its end.
  return text.length <= length ? redactUrls(text) : `${redactCutUrls(cutText(text, length).slice(0, -3))}...`
}

function copy(value: unknown, allowance: Allowance): unknown {
  allowance.values--
  switch (typeof value) {
    case 'string':
      return text(redactText(value, Math.min(MAX_STRING, Math.max(allowance.characters, 0))), allowance)
    case 'number':
      // Plus 0: JSON has no -0, and a record is what comes back from a store.
      return Number.isFinite(value) ? value + 0 : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return value.toString()
    case 'symbol':
      return text(value.toString(), allowance)
    case 'function':
      return '[Function]'
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : copyObject(value, allowance)
  }
}

function copyObject(value: object, allowance: Allowance): unknown {
  const { path } = allowance
  const depth = path.length
  try {
    if (types.isProxy(value)) return '[Proxy]'
    const known = describe(value)
    if (known !== undefined) return text(known, allowance)
    if (path.includes(value)) return '[Circular]'
    if (depth >= MAX_DEPTH || allowance.values <= 0) return Array.isArray(value) ? '[Array]' : '[Object]'
    path.push(value)
    const copied = Array.isArray(value) ? copyArray(value, allowance) : copyMembers(value, allowance)
    path.pop()
    return copied
  } catch {
    path.length = depth
    return '[Unreadable]'
  }
}

/** Values that are shown by what they are, not by their members. Brand checks only: none runs code of the value. */
function describe(value: object): string | undefined {
  // Nearly all are plain, and each check below is a call out of JavaScript.
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return undefined
  if (types.isNativeError(value)) return describeError(value)
  if (types.isDate(value)) {
    const time = Reflect.apply(Date.prototype.getTime, value, [])
    return Number.isNaN(time) ? '[Invalid Date]' : new Date(time).toISOString()
  }
  if (types.isRegExp(value)) return '[RegExp]'
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`
  if (types.isMap(value) || types.isSet(value)) return `[${types.isMap(value) ? 'Map' : 'Set'}]`
  if (types.isPromise(value)) return '[Promise]'
  if (types.isWeakMap(value) || types.isWeakSet(value) || types.isGeneratorObject(value)) return '[Object]'
  return describeUrl(value)
}

function describeError(error: object): string {
  const message = Object.getOwnPropertyDescriptor(error, 'message')?.value
  return redactText(typeof message === 'string' ? `Error: ${message}` : 'Error', MAX_STRING)
}

/** Not by `instanceof`, which asks each prototype, nor by the member `href`: either may be the program's. */
function describeUrl(value: object): string | undefined {
  if (Object.getPrototypeOf(value) !== URL.prototype) return undefined
  try {
    return redactText(Reflect.apply(readHref, value, []), MAX_STRING)
  } catch {
    return undefined
  }
}

function copyArray(array: readonly unknown[], allowance: Allowance): unknown[] {
  const copied: unknown[] = []
  const length = Math.min(array.length, MAX_ENTRIES)
  for (let index = 0; index < length && allowance.values > 0; index++) {
    // A list of names and values, as Node's rawHeaders: what follows the name of a secret is one.
    const secret = index > 0 && isSecretLabel(array, index - 1) && isText(array, index)
    copied.push(secret ? REDACTED : (copyMember(array, String(index), allowance) ?? null))
  }
  if (copied.length < array.length) copied.push(`[${array.length - copied.length} more]`)
  return copied
}

function isSecretLabel(array: readonly unknown[], index: number): boolean {
  const label = Object.getOwnPropertyDescriptor(array, index)?.value
  return typeof label === 'string' && label.length <= MAX_LABEL && isSecretName(label)
}

function isText(array: readonly unknown[], index: number): boolean {
  return typeof Object.getOwnPropertyDescriptor(array, index)?.value === 'string'
}

function copyMembers(value: object, allowance: Allowance): Record<string, unknown> {
  const copied: Record<string, unknown> = {}
  const names = Object.keys(value)
  // To list the names of a wide object takes long, though most of them are left out: not so for many of them.
  allowance.values -= Math.floor(names.length / (10 * MAX_ENTRIES))
  let taken = 0
  for (const name of names) {
    if (taken === MAX_ENTRIES || allowance.values <= 0) break
    taken++
    const { shown, secret } = readName(name)
    const member = secret ? REDACTED : copyMember(value, name, allowance)
    if (member === undefined) continue
    setMember(copied, spend(shown, allowance), member)
  }
  if (taken < names.length) setMember(copied, '...', `[${names.length - taken} more]`)
  return copied
}

interface Name {
  readonly shown: string
  readonly secret: boolean
}

const MAX_REMEMBERED = 2_000
const remembered = new Map<string, Name>()

/** Remembered: the members of infos have the same few names all the time. */
function readName(name: string): Name {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const read = { shown: cutText(name, MAX_NAME).toWellFormed(), secret: isSecretName(name) }
  if (remembered.size < MAX_REMEMBERED && name.length <= MAX_LABEL) remembered.set(name, read)
  return read
}

/** Sets a member of an object of ours, whatever the program did to `Object.prototype`. */
export function setMember(copied: Record<string, unknown>, name: string, value: unknown): void {
  if (name in Object.prototype) {
    // An assignment would set the prototype, call a setter of the program, or fail on a frozen `Object.prototype`.
    Object.defineProperty(copied, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    copied[name] = value
  }
}

function copyMember(holder: object, name: string, allowance: Allowance): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, name)
  if (property === undefined) return undefined
  return 'value' in property ? copy(property.value, allowance) : '[Getter]'
}

/** Lone surrogates cannot be encoded: stores would refuse the record or alter it. */
function text(value: string, allowance: Allowance): string {
  return spend(value.isWellFormed() ? value : value.toWellFormed(), allowance)
}

function spend(value: string, allowance: Allowance): string {
  const cut = value.length > allowance.characters ? cutText(value, Math.max(allowance.characters, 0)) : value
  allowance.characters -= cut.length
  return cut
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
