import type { ClientRequest, OutgoingHttpHeaders } from 'node:http'
import type { TraceHeaders } from '@osprofiler/core'
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
  let waiting = true

  function setHeaders(): void {
    if (!waiting) return
    waiting = false
    try {
      if (request.headersSent || isSealed(request)) return
      const headers = makeHeaders()
      for (const [name, value] of Object.entries(headers)) request.setHeader(name, value)
      hideHeaders(request)
    } catch {
      // It is sent without them.
    }
  }

  const { write, end, flushHeaders } = request
  Object.assign(request, {
    write(...args: Parameters<typeof write>) {
      setHeaders()
      return write.apply(request, args)
    },
    end(...args: Parameters<typeof end>) {
      setHeaders()
      return end.apply(request, args)
    },
    flushHeaders() {
      setHeaders()
      flushHeaders.call(request)
    },
  })
}

/**
 * Keeps the headers of a trace out of the lists of a request's headers. A client that follows redirects by itself, as
 * superagent does, copies those to the next request, which may go to somebody who must not have them.
 */
export function hideHeaders(request: ClientRequest): void {
  const { getHeaders, getHeaderNames, getRawHeaderNames } = request
  Object.assign(request, {
    getHeaders() {
      const { 'x-trace-info': _info, 'x-trace-hmac': _hmac, ...headers } = getHeaders.call(request)
      return headers
    },
    getHeaderNames: () => getHeaderNames.call(request).filter(isOthers),
    getRawHeaderNames: () => getRawHeaderNames.call(request).filter(isOthers),
  })
}

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
