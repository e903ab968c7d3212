import type { Point, Profiler } from '@osprofiler/core'
import { Array, Object, String } from '@osprofiler/core/toolkit'
import type { SignatureLimits } from './signature-limits.js'

/**
 * The receiver of a request: its host, in the form that tickets use. An empty string means an unknown host, and
 * `undefined` means a receiver that must not have trace headers.
 */
export type Receiver = string | undefined

/** The trace headers of a request. Code that copies headers may send several of each, or only one header of a pair. */
export interface TraceValues {
  readonly infos: readonly string[]
  readonly hmacs: readonly string[]
  readonly tickets: readonly string[]
}

/** The trace headers to set on a request. An empty list removes the existing ones. */
export interface TraceHeaderChange {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Whether the carrier supplied the headers. */
  readonly isOurs: boolean
}

/** The object that supplies the headers: a request's point, or the profiler of the code that makes the request. */
type Carrier = Pick<Point & Profiler, 'getTraceIdHeaders' | 'ownsHeaders' | 'ticketFor'>

/**
 * Decides how a request's trace headers change. Returns `undefined` if the request stays unchanged. A gateway may copy
 * this trace's pair (`X-Trace-Info` and `X-Trace-HMAC`) from the request that it serves. That pair is replaced by the
 * pair of the `carrier`, or removed if the receiver must not have one. A pair that belongs to another trace or key is
 * the program's own and stays.
 */
export function changeTraceHeaders(
  carrier: Carrier,
  found: TraceValues,
  limits: SignatureLimits,
  receiver: Receiver,
): TraceHeaderChange | undefined {
  const pairCount = found.infos.length + found.hmacs.length
  if (pairCount === 0) {
    if (receiver !== undefined && !limits.forbidsAddition) return ownHeaders(carrier, receiver)
    // A ticket without a pair is left over from a pair that was removed, so the ticket is removed too.
    return found.tickets.length > 0 && !limits.signsTrace ? REMOVED : undefined
  }
  const kept = findForeignValues(carrier, found)
  const keptCount = kept.infos.length + kept.hmacs.length
  // If the request's signature covers a trace header, the header stays, because the receiver would refuse the request
  // without it.
  if (keptCount === pairCount || limits.signsTrace) return undefined
  if (keptCount === 0) return receiver === undefined ? REMOVED : ownHeaders(carrier, receiver)
  const [info, hmac, ticket] = TRACE_HEADER_NAMES
  const headers = [...toHeaders(info, kept.infos), ...toHeaders(hmac, kept.hmacs), ...toHeaders(ticket, found.tickets)]
  return { headers, isOurs: false }
}

const REMOVED: TraceHeaderChange = { headers: [], isOurs: false }

/**
 * Returns the headers `X-Trace-Info` and `X-Trace-HMAC` of the carrier. If the trace issues tickets, adds a ticket that
 * is valid only for this request.
 */
function ownHeaders(carrier: Carrier, host: string): TraceHeaderChange {
  const pair = carrier.getTraceIdHeaders()
  const info = pair['X-Trace-Info']
  const ticket = info === undefined ? undefined : carrier.ticketFor(info, host)
  const headers = Object.entries(pair)
  if (ticket !== undefined) headers.push(['X-Trace-Ticket', ticket])
  return { headers, isOurs: true }
}

/** The names of the trace headers, as they are sent. */
export const TRACE_HEADER_NAMES = ['X-Trace-Info', 'X-Trace-HMAC', 'X-Trace-Ticket'] as const

/** Returns whether a request has any trace header. */
export function hasTraceValues({ infos, hmacs, tickets }: TraceValues): boolean {
  return infos.length + hmacs.length + tickets.length > 0
}

function toHeaders(name: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map(value => [name, value] as const)
}

/** Returns the values that do not belong to the carrier's trace. */
function findForeignValues(carrier: Carrier, { infos, hmacs }: TraceValues): Omit<TraceValues, 'tickets'> {
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
  const tickets: string[] = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'x-trace-info') infos.push(...splitValues(value))
    else if (lower === 'x-trace-hmac') hmacs.push(...splitValues(value))
    else if (lower === 'x-trace-ticket') tickets.push(...listOf(value).map(String))
  }
  return { infos, hmacs, tickets }
}

/** Returns whether a name, in any case, is the name of a trace header. */
export function isTraceHeader(name: string): boolean {
  return /^x-trace-(?:info|hmac|ticket)$/i.test(name)
}

/**
 * Splits values of `X-Trace-Info` or `X-Trace-HMAC` that were joined by commas. Unlike a ticket, a single value of
 * these two headers contains no comma.
 */
function splitValues(value: unknown): readonly string[] {
  return listOf(value).flatMap(each =>
    String(each)
      .split(',')
      .map(part => part.trim()),
  )
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.flatMap(listOf) : [value]
}
