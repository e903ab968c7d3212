import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Point, PointInfo } from '@osprofiler/core'
import { claim } from './claim.js'
import { firstCause } from './first-cause.js'
import type { InstrumentSettings } from './instrument-settings.js'
import type { Propagation } from './propagate-to.js'
import { RequestTimes } from './request-times.js'
import { requestsInfo } from './requests-info.js'
import { callersProfiler } from './undici-caller.js'
import { isSealed, type RequestUrls, requestUrls, type UndiciRequest } from './undici-request.js'

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
  // By request, and not by context: when an answer arrives, it is in that of whoever opened the connection.
  // On the request itself: a map of weak keys costs the collector much more.
  const followed = Symbol('osprofiler.point')
  type Marked = UndiciRequest & { [followed]?: { readonly point: Point; readonly times: RequestTimes } | undefined }

  function onCreate({ request }: Message): void {
    const profiler = callersProfiler(request)
    if (profiler === undefined) return
    const urls = requestUrls(request)
    if (urls === undefined || !claim(request)) return
    const point = profiler.startBeside(urls.target.protocol.slice(0, -1), requestInfo(request, urls.target))
    ;(request as Marked)[followed] = { point, times: new RequestTimes(point) }
    if (mayCarry(request, urls, mayReceive)) {
      for (const [name, value] of Object.entries(point.getTraceIdHeaders())) request.addHeader(name, value)
    }
  }

  function onHeaders({ request, response }: Message): void {
    ;(request as Marked)[followed]?.times.answered(response?.statusCode)
  }

  function onTrailers({ request }: Message): void {
    ;(request as Marked)[followed]?.times.ended()
  }

  function onError({ request, error }: Message): void {
    ;(request as Marked)[followed]?.point.fail(firstCause(error))
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

function requestInfo({ method }: UndiciRequest, { pathname, search, hostname, port, protocol }: URL): PointInfo {
  const scheme = protocol.slice(0, -1)
  return requestsInfo({
    method,
    query: search.slice(1),
    path: pathname,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    scheme,
  })
}

/** A proxy reads what passes through it, so it must be allowed as well. */
function mayCarry(request: UndiciRequest, { target, peer }: RequestUrls, mayReceive: Propagation): boolean {
  return mayReceive(target) && (peer.host === target.host || mayReceive(peer)) && !isSealed(request)
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
