import { X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { Array, Buffer, Object, Reflect, String, types } from '../platform/platform.js'
import { X_TRACE_TICKET } from '../tickets/ticket-text.js'

/**
 * Headers of a Kafka client: a `Map` or an array. The elements of the array are pairs, objects `{[name]: value}`, or
 * objects `{key|name, value}`. Names and values may be bytes.
 */
export type HeaderList = Map<unknown, unknown> | unknown[]

/** Brokers accept fewer headers than this. Without the limit, a long list would cost every consumer time. */
const MAX_HEADERS = 1_000
// Elements with many names are searched for these spellings only, so that the search takes the same time for each
// element.
const HEADER_SPELLINGS = [X_TRACE_INFO, X_TRACE_HMAC, X_TRACE_INFO.toLowerCase(), X_TRACE_HMAC.toLowerCase()]

const LOWER_NAMES = [X_TRACE_INFO, X_TRACE_HMAC, X_TRACE_TICKET].map(name => name.toLowerCase())

type HeaderVisitor = (name: unknown, value: unknown) => void

/**
 * Returns whether a carrier (the headers of a message) is a `Map` or a list of headers, rather than an object with
 * headers as members.
 */
export function isHeaderList(carrier: object): carrier is HeaderList {
  return Array.isArray(carrier) || types.isMap(carrier)
}

/** Returns the trace headers as an object. If two headers have the same name, the value under this name is a list. */
export function pickTraceHeaders(carrier: HeaderList): object {
  const found: Record<string, unknown> = {}
  if (isTooLong(carrier)) return found
  const visit: HeaderVisitor = (name, value) => {
    const text = readTraceName(name)
    if (text !== undefined) found[text] = Object.hasOwn(found, text) ? [found[text], value] : value
  }
  forEachHeader(carrier, visit, HEADER_SPELLINGS)
  return found
}

/**
 * Replaces the trace headers. The new headers have the form of the first existing header. A list that is too long to be
 * read stays unchanged.
 */
export function replaceHeaders(carrier: HeaderList, headers: Readonly<Record<string, string>>, bytes?: boolean): void {
  if (isTooLong(carrier)) return
  const sample = findFirstHeader(carrier)
  const writeName = (bytes ?? types.isUint8Array(sample.name)) ? toBytes : String
  const writeValue = (bytes ?? types.isUint8Array(sample.value)) ? toBytes : String
  const added = Object.entries(headers).map(([name, value]) => [writeName(name), writeValue(value)] as const)
  if (Array.isArray(carrier)) {
    const element = carrier.find(isObject)
    const kept = carrier.flatMap(withoutTrace)
    carrier.splice(0, carrier.length, ...kept, ...added.map(header => makeElement(element, ...header)))
  } else {
    for (const key of [...carrier.keys()]) if (readTraceName(key) !== undefined) carrier.delete(key)
    for (const [key, text] of added) carrier.set(key, text)
  }
}

function isTooLong(carrier: HeaderList): boolean {
  return (Array.isArray(carrier) ? carrier.length : carrier.size) > MAX_HEADERS
}

/**
 * Calls `visit` for each header. If `names` is given, headers with other names may be skipped. Copies nothing, because
 * most messages have no trace headers.
 */
function forEachHeader(carrier: HeaderList, visit: HeaderVisitor, names?: readonly string[]): void {
  if (!Array.isArray(carrier)) return carrier.forEach((value, name) => void visit(name, value))
  for (const element of carrier) if (isObject(element)) forEachHeaderOfElement(element, visit, names)
}

function forEachHeaderOfElement(element: object, visit: HeaderVisitor, names?: readonly string[]): void {
  if (Array.isArray(element)) return visit(element[0], element[1])
  const pairName = findPairName(element)
  if (pairName !== undefined) return visit(Reflect.get(element, pairName), Reflect.get(element, 'value'))
  for (const name of names?.filter(one => Object.hasOwn(element, one)) ?? Object.keys(element)) {
    visit(name, Reflect.get(element, name))
  }
}

function findFirstHeader(carrier: HeaderList): { readonly name?: unknown; readonly value?: unknown } {
  const headers: object[] = []
  forEachHeader(carrier, (name, value) => headers.push({ name, value }))
  return headers[0] ?? {}
}

/**
 * Removes trace headers from an element: returns the same element, a copy, or nothing. The element is not changed,
 * because another list may share it.
 */
function withoutTrace(element: unknown): unknown[] {
  if (!isObject(element)) return [element]
  const kept: [string, unknown][] = []
  let isKept = true
  forEachHeaderOfElement(element, (name, value) => {
    if (readTraceName(name) === undefined) kept.push([name as string, value])
    else isKept = false
  })
  if (isKept) return [element]
  return kept.length === 0 ? [] : [Object.fromEntries(kept)]
}

function makeElement(like: object | undefined, name: string | Buffer, value: string | Buffer): object {
  if (Array.isArray(like)) return [name, value]
  const pairName = like && findPairName(like)
  return pairName === undefined ? { [name.toString()]: value } : { [pairName]: name, value }
}

function findPairName(element: object): 'key' | 'name' | undefined {
  if (!Object.hasOwn(element, 'value')) return undefined
  if (Object.hasOwn(element, 'key')) return 'key'
  return Object.hasOwn(element, 'name') ? 'name' : undefined
}

function toBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/**
 * Returns a header's name as a string if it names a trace header, in upper or lower case. The check of the length
 * excludes nearly all other names.
 */
function readTraceName(name: unknown): string | undefined {
  if (typeof name !== 'string' && !types.isUint8Array(name)) return undefined
  if (name.length !== X_TRACE_INFO.length && name.length !== X_TRACE_TICKET.length) return undefined
  const text = typeof name === 'string' ? name : Buffer.from(name).toString('latin1')
  return LOWER_NAMES.includes(text.toLowerCase()) ? text : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
