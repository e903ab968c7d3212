import type { Point, Profiler, TraceHeaders } from '@osprofiler/core'
import { Array, Object, String } from '@osprofiler/core/toolkit'
import type { Seal } from './sealing-headers.js'

/** The values of a request's headers of a trace: one of each, mostly. Code that copies headers may send more, or half. */
export interface TraceValues {
  readonly infos: readonly string[]
  readonly hmacs: readonly string[]
}

/** What the headers of a trace on a request are to be from now on. None: the request is to have none. */
export interface TraceHeaderChange {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Whether these are the headers of the carrier. */
  readonly ours: boolean
}

/** Whose headers a request may carry: those of its own point, or of the code that makes it. */
type Carrier = Pick<Point & Profiler, 'getTraceIdHeaders' | 'ownsHeaders'>

/**
 * Decides about the headers of a trace on a request, or returns `undefined` where the request stays as it is.
 *
 * A pair of this very trace was copied from the request that is served, as a gateway does it. The pair of the carrier
 * takes its place, or none if the receiver must not have it. A pair of another trace or key is the program's own.
 */
export function changeTraceHeaders(
  carrier: Carrier,
  found: TraceValues,
  seal: Seal,
  mayCarry: boolean,
): TraceHeaderChange | undefined {
  const own = (): TraceHeaderChange => ({ headers: Object.entries(carrier.getTraceIdHeaders()), ours: true })
  if (found.infos.length === 0 && found.hmacs.length === 0) return mayCarry && !seal.closed ? own() : undefined
  const kept = foreignValues(carrier, found)
  const left = kept.infos.length + kept.hmacs.length
  // What is signed by its name cannot change: without it the receiver would refuse the request.
  if (left === found.infos.length + found.hmacs.length || seal.signsTrace) return undefined
  if (left === 0) return mayCarry ? own() : { headers: [], ours: false }
  const [info, hmac] = TRACE_HEADERS
  return { headers: [...named(info, kept.infos), ...named(hmac, kept.hmacs)], ours: false }
}

/** The names of the headers of a trace, as they are sent. */
export const TRACE_HEADERS = ['X-Trace-Info', 'X-Trace-HMAC'] as const satisfies (keyof TraceHeaders)[]

function named(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map(value => [name, value] as const)
}

/** Those values that are not of the trace of this carrier. */
function foreignValues(carrier: Carrier, { infos, hmacs }: TraceValues): TraceValues {
  const isOwnInfo = (info: string): boolean =>
    hmacs.length === 0 ? carrier.ownsHeaders(info, undefined) : hmacs.some(hmac => carrier.ownsHeaders(info, hmac))
  const isOwnHmac = (hmac: string): boolean =>
    infos.length === 0 ? carrier.ownsHeaders(undefined, hmac) : infos.some(info => carrier.ownsHeaders(info, hmac))
  return { infos: infos.filter(info => !isOwnInfo(info)), hmacs: hmacs.filter(hmac => !isOwnHmac(hmac)) }
}

/** Reads the values of the headers of a trace out of headers, whose names are in any case, and their values texts or lists. */
export function readTraceValues(headers: Iterable<readonly [name: string, value: unknown]>): TraceValues {
  const infos: string[] = []
  const hmacs: string[] = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'x-trace-info') infos.push(...valuesOf(value))
    else if (lower === 'x-trace-hmac') hmacs.push(...valuesOf(value))
  }
  return { infos, hmacs }
}

/** Whether a header, its name in any case, is one of a trace. */
export function isTraceHeader(name: string): boolean {
  return /^x-trace-(?:info|hmac)$/i.test(name)
}

/** Several values of one header may have been joined. Neither of ours has a comma in it. */
function valuesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap(valuesOf)
  return String(value)
    .split(',')
    .map(part => part.trim())
}
