import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { PointInfo, TraceHeaders } from '@osprofiler/core'
import { Object, Symbol } from '@osprofiler/core/toolkit'
import { claim } from './claim.js'
import { firstCause } from './first-cause.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { looksAtHostOnly } from './propagate-to.js'
import { RequestTimes } from './request-times.js'
import { requestsInfo } from './requests-info.js'
import { callersProfiler } from './undici-caller.js'
import { isSealed, type RequestTarget, requestTarget, type UndiciRequest } from './undici-request.js'

/** What is published: the request, and with it the answer or the error. */
interface Message {
  readonly request: UndiciRequest
  readonly response?: { readonly statusCode: number }
  readonly error?: unknown
}

/**
 * Makes the requests of Node's `fetch` and of undici 5 to 8 points named `http` or `https`, one a hop of a redirect,
 * from the call to the last byte of the answer, and sends the trace on to whom it may be sent.
 *
 * An answer whose body is not read never ends: its point ends with what surrounds it.
 */
export function instrumentFetch({ mayReceive }: InstrumentSettings): () => void {
  const hostOnly = looksAtHostOnly(mayReceive)
  // By request, and not by context: when an answer arrives, it is in that of whoever opened the connection.
  // On the request itself: a map of weak keys costs the collector much more.
  const followed = Symbol('osprofiler.point')
  type Marked = UndiciRequest & { [mark: symbol]: RequestTimes | undefined }

  function onCreate({ request }: Message): void {
    const profiler = callersProfiler(request)
    if (profiler === undefined) return
    const target = requestTarget(request)
    if (target === undefined || !claim(request)) return
    const point = profiler.startBeside(target.origin.scheme, requestInfo(request, target))
    ;(request as Marked)[followed] = new RequestTimes(point)
    if (mayCarry(request, target)) {
      const headers = point.getTraceIdHeaders()
      for (const name in headers) request.addHeader(name, headers[name as keyof TraceHeaders])
    }
  }

  /** A proxy reads what passes through it, so it must be allowed as well. */
  function mayCarry(request: UndiciRequest, target: RequestTarget): boolean {
    const { origin, peer } = target
    if (!mayReceive(hostOnly ? origin.url : wholeUrl(target))) return false
    return (peer.url.host === origin.url.host || mayReceive(peer.url)) && !isSealed(request)
  }

  function onHeaders({ request, response }: Message): void {
    ;(request as Marked)[followed]?.answered(response?.statusCode)
  }

  function onTrailers({ request }: Message): void {
    ;(request as Marked)[followed]?.ended()
  }

  function onError({ request, error }: Message): void {
    ;(request as Marked)[followed]?.failed(firstCause(error))
  }

  const listeners = Object.entries({
    'undici:request:create': harmless(onCreate),
    'undici:request:headers': harmless(onHeaders),
    'undici:request:trailers': harmless(onTrailers),
    'undici:request:error': harmless(onError),
  })
  for (const [channel, listener] of listeners) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener)
  }
}

function requestInfo({ method }: UndiciRequest, { origin, path, query }: RequestTarget): PointInfo {
  const { hostname, port, scheme } = origin
  return requestsInfo({ method, query, path, hostname, port, scheme })
}

function wholeUrl({ origin, path, query }: RequestTarget): string {
  return query === '' ? origin.url.origin + path : `${origin.url.origin}${path}?${query}`
}

/** A listener that throws would end the program. */
function harmless(listener: (message: Message) => void): (message: unknown) => void {
  return message => {
    try {
      listener(message as Message)
    } catch {
      // The request goes on, untraced from here.
    }
  }
}
