import { ClientRequest, type OutgoingHttpHeaders } from 'node:http'
import type { TraceHeaders } from '@osprofiler/core'
import { Array, Object, Reflect, String } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden, type Override } from './own-methods.js'
import { SEALING_HEADERS, sealsRequest } from './sealing-headers.js'

type HeaderList = readonly unknown[]

/** Whether Node writes these headers when it makes the request, so that none can be set later. */
export function areWrittenAtOnce(headers: unknown): headers is OutgoingHttpHeaders | HeaderList {
  if (Array.isArray(headers)) return true
  return typeof headers === 'object' && headers !== null && Object.keys(headers).some(name => /^expect$/i.test(name))
}

/** Whether a request with these headers is closed to further ones. */
export function areSealed(headers: OutgoingHttpHeaders | HeaderList): boolean {
  return eachHeader(headers).some(([name, value]) => sealsRequest(String(name), String(value)))
}

/** These headers and those of a trace, in the form in which they were given. */
export function mergeHeaders(headers: OutgoingHttpHeaders | HeaderList, added: TraceHeaders): unknown {
  if (!isList(headers)) return { ...headers, ...added }
  return [...headers, ...(Array.isArray(headers[0]) ? Object.entries(added) : Object.entries(added).flat())]
}

/**
 * Sets headers on a request when its first byte is written: until then the program may set its own, and sign them.
 * `makeHeaders` is asked then, and not for a request that is closed to further headers.
 */
export function setHeadersLate(request: ClientRequest, makeHeaders: () => TraceHeaders): void {
  // Somebody else waits for the first byte as well: which of us would come first cannot be known.
  if (Object.hasOwn(request, 'end')) return setHeaders(request, makeHeaders)
  defineHidden(request, LATE, makeHeaders)
  overrideWriters(request)
}

const LATE = Symbol('osprofiler.headers')

interface LateRequest extends ClientRequest {
  [LATE]?: (() => TraceHeaders) | undefined
}

/** In place of the methods of a request that send its head. */
const beforeHead: Override = (original, self, args) => {
  const request = self as LateRequest
  const makeHeaders = request[LATE]
  if (makeHeaders !== undefined) {
    request[LATE] = undefined
    setHeaders(request, makeHeaders)
  }
  return Reflect.apply(original, self, args)
}

const overrideWriters = createOverrides(ClientRequest.prototype, {
  write: beforeHead,
  end: beforeHead,
  flushHeaders: beforeHead,
})

function setHeaders(request: ClientRequest, makeHeaders: () => TraceHeaders): void {
  try {
    if (request.headersSent || isSealed(request)) return
    const headers = makeHeaders()
    for (const name in headers) request.setHeader(name, headers[name as keyof TraceHeaders])
    hideHeaders(request)
  } catch {
    // It is sent without them.
  }
}

/**
 * Keeps the headers of a trace out of the lists of a request's headers. A client that follows redirects by itself, as
 * superagent does, copies those to the next request, which may go to somebody who must not have them.
 */
export function hideHeaders(request: ClientRequest): void {
  overrideReaders(request)
}

const hideNames: Override = (original, self, args) => (Reflect.apply(original, self, args) as string[]).filter(isOthers)

const overrideReaders = createOverrides(ClientRequest.prototype, {
  getHeaders(original, self, args) {
    const headers = Reflect.apply(original, self, args) as Record<string, unknown>
    for (const name in headers) if (!isOthers(name)) delete headers[name]
    return headers
  },
  getHeaderNames: hideNames,
  getRawHeaderNames: hideNames,
})

function isOthers(name: string): boolean {
  return !/^x-trace-(?:info|hmac)$/i.test(name)
}

function isSealed(request: ClientRequest): boolean {
  return SEALING_HEADERS.some(name => {
    const value = request.getHeader(name)
    return value !== undefined && sealsRequest(name, String(value))
  })
}

function eachHeader(headers: OutgoingHttpHeaders | HeaderList): readonly (readonly [unknown, unknown])[] {
  if (!isList(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers as readonly (readonly [unknown, unknown])[]
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []))
}

function isList(headers: OutgoingHttpHeaders | HeaderList): headers is HeaderList {
  return Array.isArray(headers)
}
