import { X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { Array, Buffer, Number, Object, Reflect, types } from '../platform/platform.js'
import type { TraceHeaders } from '../points/local-trace.js'
import { X_TRACE_TICKET } from '../tickets/ticket-text.js'
import { isHeaderList, pickTraceHeaders, replaceHeaders } from './carrier-list.js'

// These names are literals, because looking up a computed string takes three times as long. Most messages have no
// trace, so the lookup is their only cost.
const LOWER_INFO = 'x-trace-info'
const LOWER_HMAC = 'x-trace-hmac'
const LOWER_TICKET = X_TRACE_TICKET.toLowerCase()
// Headers of a trusted pair are shorter than this, so longer byte arrays are not copied.
const MAX_HEADER_BYTES = 16 * 1024

/** The signed pair of headers in a carrier (the headers of a message). A missing header is an empty string. */
export interface SignedPair {
  readonly info: string
  readonly hmac: string
}

/** A carrier with methods, such as `Map`, `Headers`, gRPC's `Metadata`, or the headers of NATS. */
interface Readable {
  get(name: string): unknown
}

interface Writable {
  set(name: string, value: string): unknown
  delete?(name: string): unknown
}

/**
 * Reads the signed pair from a message's headers, in canonical or lower case. Returns `undefined` if both headers of
 * the pair are missing. Never throws. The carrier may be an object, a `Map`, a list of at most 1,000 headers, or any
 * object with `get`. Keys of a `Map` may be bytes. Values may be strings, bytes, or lists of either.
 */
export function readCarrier(carrier: unknown): SignedPair | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  try {
    const read = createReader(carrier)
    const info = joinSpellings(readText(read(X_TRACE_INFO)), readText(read(LOWER_INFO)))
    const hmac = joinSpellings(readText(read(X_TRACE_HMAC)), readText(read(LOWER_HMAC)))
    return info === '' && hmac === '' ? undefined : { info, hmac }
  } catch {
    return undefined
  }
}

/**
 * Writes trace headers into a carrier, and replaces existing ones. If `headers` is empty or the carrier is frozen, the
 * carrier stays unchanged. `bytes`: whether the values of headers that are added to a `Map` or a list are bytes. By
 * default, the added values have the type of the first existing header. Never throws.
 */
export function writeCarrier(carrier: object, headers: TraceHeaders, bytes?: boolean): void {
  try {
    if (Object.keys(headers).length === 0) return
    if (isHeaderList(carrier)) return replaceHeaders(carrier, headers, bytes)
    removeTicket(carrier)
    for (const [name, value] of Object.entries(headers)) {
      if (isWritable(carrier)) {
        carrier.delete?.(name.toLowerCase())
        carrier.set(name, value)
      } else {
        Reflect.deleteProperty(carrier, name.toLowerCase())
        Reflect.set(carrier, name, value)
      }
    }
  } catch {
    // The carrier cannot be changed, so the message is sent without the trace.
  }
}

/**
 * Removes the ticket, because tickets are not sent in messages. A ticket that was copied from a request would expose
 * the wishes of the request's caller.
 */
function removeTicket(carrier: object): void {
  for (const name of [X_TRACE_TICKET, LOWER_TICKET]) {
    if (isWritable(carrier)) carrier.delete?.(name)
    else Reflect.deleteProperty(carrier, name)
  }
}

function createReader(carrier: object): (name: string) => unknown {
  const holder = isHeaderList(carrier) ? pickTraceHeaders(carrier) : carrier
  return isReadable(holder) ? name => holder.get(name) : name => readOwn(holder, name)
}

/**
 * Joins the values of a header in canonical case and of the same header in lower case. If the two values differ, the
 * joined header is malformed.
 */
function joinSpellings(canonical: string, lower: string): string {
  return canonical === '' || canonical === lower ? lower : lower === '' ? canonical : `${canonical}, ${lower}`
}

function readText(value: unknown): string {
  // Several values are joined, as Node does. The joined header is malformed and thus rejected, because it is unknown
  // which value is right. Joining the first two values is enough for this.
  return Array.isArray(value) && !isBytes(value) ? value.slice(0, 2).map(decodeValue).join(', ') : decodeValue(value)
}

function readOwn(carrier: object, name: string): unknown {
  return Object.hasOwn(carrier, name) ? Reflect.get(carrier, name) : undefined
}

function decodeValue(value: unknown): string {
  if (typeof value === 'string') return value
  // The HMAC and the info are ASCII, so Latin-1 decodes them.
  if ((types.isUint8Array(value) && value.length <= MAX_HEADER_BYTES) || isBytes(value)) {
    return Buffer.from(value).toString('latin1')
  }
  return ''
}

/** Returns whether a value is an array of bytes from JSON, as in the Kafka events of AWS Lambda. */
function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MAX_HEADER_BYTES && value.every(isByte)
}

function isByte(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255
}

function isReadable(carrier: object): carrier is Readable {
  return typeof (carrier as Partial<Readable>).get === 'function'
}

function isWritable(carrier: object): carrier is Writable {
  return typeof (carrier as Partial<Writable>).set === 'function'
}
