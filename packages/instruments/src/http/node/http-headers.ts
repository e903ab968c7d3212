import type { ClientRequest, OutgoingHttpHeaders } from 'node:http'
import { Array, Map, Object, String } from '@osprofiler/core/toolkit'
import { readSeal, type Seal, SIGNING_HEADERS } from '../../propagation/sealing-headers.js'
import {
  isTraceHeader,
  readTraceValues,
  TRACE_HEADERS,
  type TraceHeaderChange,
  type TraceValues,
} from '../../propagation/trace-header-change.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'

/** A list of names and values in turn, or of pairs. */
export type HeaderList = readonly unknown[]

/** Decides how the trace headers of a request change, given its headers and their seal. */
export type ChangeHeaders = (found: TraceValues, seal: Seal) => TraceHeaderChange | undefined

/** Whether Node writes these headers when it makes the request, so that no header can be set later. */
export function areWrittenAtOnce(headers: unknown): headers is OutgoingHttpHeaders | HeaderList {
  if (Array.isArray(headers)) return true
  return typeof headers === 'object' && headers !== null && Object.keys(headers).some(name => /^expect$/i.test(name))
}

/** Returns the headers after `change`, in their original form, or `undefined` if they stay as they are. */
export function changeHeaders(
  headers: OutgoingHttpHeaders | HeaderList,
  change: ChangeHeaders,
): { readonly headers: unknown; readonly ours: boolean } | undefined {
  const entries = eachHeader(headers)
  const given = entries.map(([name, value]) => [String(name), value] as const)
  const changed = change(readTraceValues(given), readSeal(given.map(([name, value]) => [name, String(value)])))
  if (changed === undefined) return undefined
  const others = entries.filter(([name]) => !isTraceHeader(String(name)))
  return { headers: inForm(headers, others, changed.headers), ours: changed.ours }
}

function inForm(
  form: OutgoingHttpHeaders | HeaderList,
  others: readonly (readonly [unknown, unknown])[],
  added: TraceHeaderChange['headers'],
): unknown {
  if (!isList(form)) return Object.fromEntries([...others, ...gathered(added)] as [string, unknown][])
  return Array.isArray(form[0]) ? [...others, ...added] : [...others, ...added].flat(1)
}

/** Changes the trace headers when the first byte is written. Until then the program may set its own, and sign them. */
export function changeHeadersLate(request: ClientRequest, change: ChangeHeaders): void {
  // Other code waits for the first byte as well, in an unknown order.
  if (Object.hasOwn(request, 'end')) return changeHeadersNow(request, change)
  defineHidden(request, LATE, change)
  overrideWriters(request)
}

const LATE = Symbol('osprofiler.headers')

interface LateRequest extends ClientRequest {
  [LATE]?: ChangeHeaders | undefined
}

const beforeHead: Around = (proceed, self, args) => {
  const request = self as LateRequest
  const change = request[LATE]
  if (change !== undefined) {
    request[LATE] = undefined
    changeHeadersNow(request, change)
  }
  return proceed(args)
}

const overrideWriters = createOverrides({
  write: beforeHead,
  end: beforeHead,
  flushHeaders: beforeHead,
})

/** Changes the trace headers of a request, unless its head has been written. Never throws. */
export function changeHeadersNow(request: ClientRequest, change: ChangeHeaders): void {
  try {
    if (request.headersSent) return
    const found = readTraceValues(read(request, TRACE_HEADERS))
    const signing = read(request, SIGNING_HEADERS).map(([name, value]) => [name, String(value)] as const)
    const changed = change(found, readSeal(signing))
    if (changed === undefined) return
    const headers = gathered(changed.headers)
    for (const name of TRACE_HEADERS) if (!headers.has(name)) request.removeHeader(name)
    for (const [name, value] of headers) request.setHeader(name, value)
    if (changed.ours) hideHeaders(request)
  } catch {
    // The request is sent without trace headers.
  }
}

function read(request: ClientRequest, names: readonly string[]): (readonly [string, unknown])[] {
  return names.flatMap(name => {
    const value = request.getHeader(name)
    return value === undefined ? [] : [[name, value] as const]
  })
}

function gathered(headers: TraceHeaderChange['headers']): Map<string, string | string[]> {
  const byName = new Map<string, string | string[]>()
  for (const [name, value] of headers) {
    const before = byName.get(name)
    byName.set(name, before === undefined ? value : [before, value].flat())
  }
  return byName
}

/** Hides the trace headers in lists of headers, which clients such as superagent copy to the target of a redirect. */
export const hideHeaders = createOverrides({
  getHeaders(proceed, _self, args) {
    const headers = proceed(args) as Record<string, unknown>
    for (const name in headers) if (isTraceHeader(name)) delete headers[name]
    return headers
  },
  getHeaderNames: (proceed, _self, args) => withoutTrace(proceed(args) as string[]),
  getRawHeaderNames: (proceed, _self, args) => withoutTrace(proceed(args) as string[]),
})

function withoutTrace(names: readonly string[]): readonly string[] {
  return names.filter(name => !isTraceHeader(name))
}

/** Returns headers as pairs of name and value, from an object, a flat list or a list of pairs. */
export function eachHeader(headers: OutgoingHttpHeaders | HeaderList): readonly (readonly [unknown, unknown])[] {
  if (!isList(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers as readonly (readonly [unknown, unknown])[]
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []))
}

function isList(headers: OutgoingHttpHeaders | HeaderList): headers is HeaderList {
  return Array.isArray(headers)
}
