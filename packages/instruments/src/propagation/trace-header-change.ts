import type { Point, Profiler, TraceHeaders } from '@osprofiler/core'
import { Array, Object, String } from '@osprofiler/core/toolkit'
import type { SignatureLimits } from './signature-limits.js'

/** Values of the trace headers on a request. Code that copies headers may send several of each, or only half a pair. */
export interface TraceValues {
  readonly infos: readonly string[]
  readonly hmacs: readonly string[]
}

/** The trace headers that a request gets. An empty list removes the present ones. */
export interface TraceHeaderChange {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Whether these are the headers of the carrier. */
  readonly isOurs: boolean
}

/** The owner of the headers: the point of a request, or the profiler of the code that makes it. */
type Carrier = Pick<Point & Profiler, 'getTraceIdHeaders' | 'ownsHeaders'>

/**
 * Decides how the trace headers of a request change. Returns `undefined` if the request stays as it is. A gateway
 * copies a pair of this trace from the request it serves. The carrier's pair replaces that pair, or no pair if the
 * receiver must not have one. A pair of another trace or key belongs to the program and stays.
 */
export function changeTraceHeaders(
  carrier: Carrier,
  found: TraceValues,
  limits: SignatureLimits,
  mayCarry: boolean,
): TraceHeaderChange | undefined {
  const createOwnChange = (): TraceHeaderChange => ({
    headers: Object.entries(carrier.getTraceIdHeaders()),
    isOurs: true,
  })
  if (found.infos.length === 0 && found.hmacs.length === 0)
    return mayCarry && !limits.forbidsAddition ? createOwnChange() : undefined
  const kept = findForeignValues(carrier, found)
  const keptCount = kept.infos.length + kept.hmacs.length
  // A header that is signed by its name stays, because the receiver would refuse the request without it.
  if (keptCount === found.infos.length + found.hmacs.length || limits.signsTrace) return undefined
  if (keptCount === 0) return mayCarry ? createOwnChange() : { headers: [], isOurs: false }
  const [info, hmac] = TRACE_HEADER_NAMES
  return { headers: [...toHeaders(info, kept.infos), ...toHeaders(hmac, kept.hmacs)], isOurs: false }
}

/** Names of the trace headers, in the spelling in which they are sent. */
export const TRACE_HEADER_NAMES = ['X-Trace-Info', 'X-Trace-HMAC'] as const satisfies (keyof TraceHeaders)[]

function toHeaders(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map(value => [name, value] as const)
}

/** Returns the values that do not belong to the trace of the carrier. */
function findForeignValues(carrier: Carrier, { infos, hmacs }: TraceValues): TraceValues {
  const isOwnInfo = (info: string): boolean =>
    hmacs.length === 0 ? carrier.ownsHeaders(info, undefined) : hmacs.some(hmac => carrier.ownsHeaders(info, hmac))
  const isOwnHmac = (hmac: string): boolean =>
    infos.length === 0 ? carrier.ownsHeaders(undefined, hmac) : infos.some(info => carrier.ownsHeaders(info, hmac))
  return { infos: infos.filter(info => !isOwnInfo(info)), hmacs: hmacs.filter(hmac => !isOwnHmac(hmac)) }
}

/** Reads the trace headers. Names may be in any case, and values may be strings or lists. */
export function readTraceValues(headers: Iterable<readonly [name: string, value: unknown]>): TraceValues {
  const infos: string[] = []
  const hmacs: string[] = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'x-trace-info') infos.push(...splitValues(value))
    else if (lower === 'x-trace-hmac') hmacs.push(...splitValues(value))
  }
  return { infos, hmacs }
}

/** Returns whether a name, in any case, is that of a trace header. */
export function isTraceHeader(name: string): boolean {
  return /^x-trace-(?:info|hmac)$/i.test(name)
}

/** Splits values that were joined by commas. A single value contains no comma. */
function splitValues(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap(splitValues)
  return String(value)
    .split(',')
    .map(part => part.trim())
}
