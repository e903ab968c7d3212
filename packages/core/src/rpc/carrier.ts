import { X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { Array, Buffer, Number, Object, Reflect, types } from '../platform/platform.js'
import type { TraceHeaders } from '../points/local-trace.js'
import { isHeaderList, pickTraceHeaders, replaceHeaders } from './carrier-list.js'

// Written out: to look for a text that was computed takes three times as long, and most messages carry no trace.
const LOWER_INFO = 'x-trace-info'
const LOWER_HMAC = 'x-trace-hmac'
// Longer than any pair that is believed: what is no header is not copied.
const MAX_BYTES = 16 * 1024

/** A signed pair as a carrier has it; a part that is missing is empty. */
export interface SignedPair {
  readonly info: string
  readonly hmac: string
}

/** Carriers that are asked by method: `Map`, `Headers`, gRPC's `Metadata`, the headers of NATS. */
interface Readable {
  get(name: string): unknown
}

interface Writable {
  set(name: string, value: string): unknown
  delete?(name: string): unknown
}

/**
 * The signed pair that a message's headers carry, under their own names or in lower case, or `undefined` where there is
 * neither part. The carrier may be an object, a `Map` (also of bytes), a list of headers or anything with `get`. Values may be
 * texts, the bytes of texts, or lists of either. A list of more than 1,000 headers carries no trace. Never throws.
 */
export function readCarrier(carrier: unknown): SignedPair | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  try {
    const read = readerOf(carrier)
    const info = joinSpellings(readText(read(X_TRACE_INFO)), readText(read(LOWER_INFO)))
    const hmac = joinSpellings(readText(read(X_TRACE_HMAC)), readText(read(LOWER_HMAC)))
    return info === '' && hmac === '' ? undefined : { info, hmac }
  } catch {
    return undefined
  }
}

/**
 * Writes the headers of a trace into a carrier, in place of those that it has; without any headers it is left as it
 * is. What cannot be written to (a frozen object) stays as it was. Never throws.
 *
 * @param bytes whether a `Map` or a list gets names and values as bytes. Default: as its other headers are.
 */
export function writeCarrier(carrier: object, headers: TraceHeaders, bytes?: boolean): void {
  try {
    if (Object.keys(headers).length === 0) return
    if (isHeaderList(carrier)) return replaceHeaders(carrier, headers, bytes)
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
    // The message goes out without the trace.
  }
}

function readerOf(carrier: object): (name: string) => unknown {
  const holder = isHeaderList(carrier) ? pickTraceHeaders(carrier) : carrier
  return isReadable(holder) ? name => holder.get(name) : name => readOwn(holder, name)
}

/** Two spellings of a name with one value are one header. With two values they are joined, and so malformed. */
function joinSpellings(own: string, lower: string): string {
  return own === '' || own === lower ? lower : lower === '' ? own : `${own}, ${lower}`
}

function readText(value: unknown): string {
  // Several values of one header are joined, as Node does it, and so malformed: nobody says which one is right. Two of
  // them are enough for that.
  return Array.isArray(value) && !isBytes(value) ? value.slice(0, 2).map(decode).join(', ') : decode(value)
}

function readOwn(carrier: object, name: string): unknown {
  return Object.hasOwn(carrier, name) ? Reflect.get(carrier, name) : undefined
}

function decode(value: unknown): string {
  if (typeof value === 'string') return value
  // Latin-1, as both texts are ASCII.
  if ((types.isUint8Array(value) && value.length <= MAX_BYTES) || isBytes(value)) {
    return Buffer.from(value).toString('latin1')
  }
  return ''
}

/** Bytes as JSON has them: the events in which AWS Lambda hands on messages of Kafka. */
function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MAX_BYTES && value.every(isByte)
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
