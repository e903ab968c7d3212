import type { ClientRequest, OutgoingHttpHeaders } from 'node:http'
import { Array, Map, Object, String } from '@osprofiler/core/toolkit'
import {
  readSignatureLimits,
  SIGNATURE_HEADER_NAMES,
  type SignatureLimits,
} from '../../propagation/signature-limits.js'
import {
  isTraceHeader,
  readTraceValues,
  TRACE_HEADER_NAMES,
  type TraceHeaderChange,
  type TraceValues,
} from '../../propagation/trace-header-change.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'

/** Headers as a flat list that alternates names and values, or as a list of pairs. */
export type HeaderList = readonly unknown[]

/**
 * Decides how the trace headers of a request change, given its current trace headers and the limits that its signatures
 * set.
 */
export type ChangeHeaders = (found: TraceValues, limits: SignatureLimits) => TraceHeaderChange | undefined

/**
 * Returns whether Node writes these headers as soon as it creates the request. In this case, no header can be set
 * later.
 */
export function areWrittenAtOnce(headers: unknown): headers is OutgoingHttpHeaders | HeaderList {
  if (Array.isArray(headers)) return true
  return typeof headers === 'object' && headers !== null && Object.keys(headers).some(name => /^expect$/i.test(name))
}

/** Returns the headers after `change`, in their original format, or `undefined` if nothing changes. */
export function changeHeaders(
  headers: OutgoingHttpHeaders | HeaderList,
  change: ChangeHeaders,
): { readonly headers: unknown; readonly isOurs: boolean } | undefined {
  const entries = listHeaders(headers)
  const given = entries.map(([name, value]) => [String(name), value] as const)
  const changed = change(
    readTraceValues(given),
    readSignatureLimits(given.map(([name, value]) => [name, String(value)])),
  )
  if (changed === undefined) return undefined
  const others = entries.filter(([name]) => !isTraceHeader(String(name)))
  return { headers: toOriginalForm(headers, others, changed.headers), isOurs: changed.isOurs }
}

function toOriginalForm(
  form: OutgoingHttpHeaders | HeaderList,
  others: readonly (readonly [unknown, unknown])[],
  added: TraceHeaderChange['headers'],
): unknown {
  if (!isList(form)) return Object.fromEntries([...others, ...groupByName(added)] as [string, unknown][])
  return Array.isArray(form[0]) ? [...others, ...added] : [...others, ...added].flat(1)
}

/**
 * Changes the trace headers when the first byte is written. Until then, the program may set trace headers and sign
 * them.
 */
export function changeHeadersLate(request: ClientRequest, change: ChangeHeaders): void {
  // If other code has overridden `end`, that code may also change headers before the first byte, in an unknown order.
  // So the headers are changed now.
  if (Object.hasOwn(request, 'end')) return changeHeadersNow(request, change)
  defineHidden(request, PENDING_CHANGE, change)
  overrideWriters(request)
}

const PENDING_CHANGE = Symbol('osprofiler.headers')

interface PendingRequest extends ClientRequest {
  [PENDING_CHANGE]?: ChangeHeaders | undefined
}

const aroundWriter: Around = (proceed, self, args) => {
  const request = self as PendingRequest
  const change = request[PENDING_CHANGE]
  if (change !== undefined) {
    request[PENDING_CHANGE] = undefined
    changeHeadersNow(request, change)
  }
  return proceed(args)
}

const overrideWriters = createOverrides({
  write: aroundWriter,
  end: aroundWriter,
  flushHeaders: aroundWriter,
})

/** Changes the trace headers of a request, unless the request's head has been written. Never throws. */
export function changeHeadersNow(request: ClientRequest, change: ChangeHeaders): void {
  try {
    if (request.headersSent) return
    const found = readTraceValues(readHeaders(request, TRACE_HEADER_NAMES))
    const signing = readHeaders(request, SIGNATURE_HEADER_NAMES).map(([name, value]) => [name, String(value)] as const)
    const changed = change(found, readSignatureLimits(signing))
    if (changed === undefined) return
    const headers = groupByName(changed.headers)
    for (const name of TRACE_HEADER_NAMES) if (!headers.has(name)) request.removeHeader(name)
    for (const [name, value] of headers) request.setHeader(name, value)
    if (changed.isOurs) hideTraceHeaders(request)
  } catch {
    // If the change fails, the request is sent without trace headers.
  }
}

function readHeaders(request: ClientRequest, names: readonly string[]): (readonly [string, unknown])[] {
  return names.flatMap(name => {
    const value = request.getHeader(name)
    return value === undefined ? [] : [[name, value] as const]
  })
}

function groupByName(headers: TraceHeaderChange['headers']): Map<string, string | string[]> {
  const byName = new Map<string, string | string[]>()
  for (const [name, value] of headers) {
    const before = byName.get(name)
    byName.set(name, before === undefined ? value : [before, value].flat())
  }
  return byName
}

/**
 * Hides the trace headers from methods that list headers. Clients such as superagent copy the listed headers to the
 * target of a redirect.
 */
export const hideTraceHeaders = createOverrides({
  getHeaders(proceed, _self, args) {
    const headers = proceed(args) as Record<string, unknown>
    for (const name in headers) if (isTraceHeader(name)) delete headers[name]
    return headers
  },
  getHeaderNames: (proceed, _self, args) => removeTraceHeaderNames(proceed(args) as string[]),
  getRawHeaderNames: (proceed, _self, args) => removeTraceHeaderNames(proceed(args) as string[]),
})

function removeTraceHeaderNames(names: readonly string[]): readonly string[] {
  return names.filter(name => !isTraceHeader(name))
}

/** Returns headers as name-value pairs, from an object, a flat list or a list of pairs. */
export function listHeaders(headers: OutgoingHttpHeaders | HeaderList): readonly (readonly [unknown, unknown])[] {
  if (!isList(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers as readonly (readonly [unknown, unknown])[]
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []))
}

function isList(headers: OutgoingHttpHeaders | HeaderList): headers is HeaderList {
  return Array.isArray(headers)
}
