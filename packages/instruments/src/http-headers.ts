import type { ClientRequest, OutgoingHttpHeaders } from 'node:http'
import type { TraceHeaders } from '@osprofiler/core'
import { Array, Object, Reflect, String } from '@osprofiler/core/toolkit'
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
  ;(request as LateRequest)[LATE] = makeHeaders
  Object.assign(request, WRITERS)
}

const LATE = Symbol('osprofiler.headers')

interface LateRequest extends ClientRequest {
  [LATE]?: (() => TraceHeaders) | undefined
}

/** In place of the methods of a request that send its head. Shared by all requests, since each has so many of them. */
const WRITERS = {
  write(this: LateRequest, ...args: unknown[]): unknown {
    return Reflect.apply(beforeHead(this).write, this, args)
  },
  end(this: LateRequest, ...args: unknown[]): unknown {
    return Reflect.apply(beforeHead(this).end, this, args)
  },
  flushHeaders(this: LateRequest): unknown {
    return Reflect.apply(beforeHead(this).flushHeaders, this, [])
  },
}

type Methods<Names extends string> = Record<Names, (this: unknown, ...args: unknown[]) => unknown>

function beforeHead(request: LateRequest): Methods<keyof typeof WRITERS> {
  const makeHeaders = request[LATE]
  if (makeHeaders !== undefined) {
    request[LATE] = undefined
    setHeaders(request, makeHeaders)
  }
  return Object.getPrototypeOf(request)
}

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
  Object.assign(request, READERS)
}

const READERS = {
  getHeaders(this: ClientRequest): unknown {
    const {
      'x-trace-info': _info,
      'x-trace-hmac': _hmac,
      ...headers
    } = Reflect.apply(prototypeOf(this).getHeaders, this, []) as object & {
      'x-trace-info'?: unknown
      'x-trace-hmac'?: unknown
    }
    return headers
  },
  getHeaderNames(this: ClientRequest): unknown {
    return (Reflect.apply(prototypeOf(this).getHeaderNames, this, []) as string[]).filter(isOthers)
  },
  getRawHeaderNames(this: ClientRequest): unknown {
    return (Reflect.apply(prototypeOf(this).getRawHeaderNames, this, []) as string[]).filter(isOthers)
  },
}

function prototypeOf(request: ClientRequest): Methods<'getHeaders' | 'getHeaderNames' | 'getRawHeaderNames'> {
  return Object.getPrototypeOf(request)
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
