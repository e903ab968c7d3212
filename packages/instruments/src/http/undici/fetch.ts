import type { Point } from '@osprofiler/core'
import { String, Symbol } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { markTraced } from '../../points/mark-traced.js'
import { normalizeHost } from '../../propagation/host-rule.js'
import { dependsOnHostOnly } from '../../propagation/propagate-to.js'
import { readSignatureLimits } from '../../propagation/signature-limits.js'
import {
  changeTraceHeaders,
  hasTraceValues,
  type Receiver,
  readTraceValues,
} from '../../propagation/trace-header-change.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { describeRequest } from '../describe-request.js'
import { RequestProgress } from '../request-progress.js'
import { joinUrl } from '../request-target.js'
import { watchBody } from './undici-body.js'
import { findCallersProfiler } from './undici-caller.js'
import { watchConnections } from './undici-connections.js'
import {
  listDecidingHeaders,
  type RequestTarget,
  readRequestTarget,
  removeTraceHeaders,
  type UndiciRequest,
} from './undici-request.js'
import { watchUpgrade } from './undici-upgrade.js'

interface ChannelMessage {
  readonly request: UndiciRequest
  readonly response?: { readonly statusCode: number }
  readonly error?: unknown
}

/**
 * Records the requests of Node's `fetch` and of undici 5 to 8 as points named `http` or `https`. Each redirect has its
 * own point. A point lasts from the call to the last byte of the response. If the body is still unread when the trace
 * ends, the point ends at the response's head. Only allowed receivers get the trace headers.
 */
export function instrumentFetch({ mayReceive }: InstrumentSettings): () => void {
  const isHostOnly = dependsOnHostOnly(mayReceive)
  // The progress is stored on the request, because the response arrives in the async context of the connection, not in
  // that of the request. A `WeakMap` would make garbage collection slower.
  const progressKey = Symbol('osprofiler.point')
  type MarkedRequest = UndiciRequest & { [mark: symbol]: RequestProgress | undefined }

  function progressOf(request: UndiciRequest): RequestProgress | undefined {
    return (request as MarkedRequest)[progressKey]
  }

  function onCreate({ request }: ChannelMessage): void {
    const profiler = findCallersProfiler(request)
    if (profiler === undefined) return
    const target = readRequestTarget(request)
    if (target === undefined || !markTraced(request)) return
    const { scheme, hostname, port } = target.origin
    const { path, query } = target
    const info = describeRequest({ method: request.method, query, path, hostname, port, scheme })
    const point = profiler.startBeside(scheme, info)
    const progress = new RequestProgress(point, onEnd)
    if (point.recorded && requestsUnderWay++ === 0) stopWatchingConnections = watchConnections(progressOf)
    ;(request as MarkedRequest)[progressKey] = progress
    watchUpgrade(request, progress)
    progress.noteSigned(
      setTraceHeaders(request, point, mayCarry(target) ? normalizeHost(target.origin.url) : undefined),
    )
  }

  /**
   * Returns whether a request may contain the trace headers. If a proxy is used, the proxy must be allowed too, because
   * it can read the headers.
   */
  function mayCarry(target: RequestTarget): boolean {
    const { origin, peer } = target
    if (!mayReceive(isHostOnly ? origin.url : joinUrl(origin.url, target))) return false
    return peer.url.host === origin.url.host || mayReceive(peer.url)
  }

  function onHeaders({ request, response }: ChannelMessage): void {
    const progress = progressOf(request)
    if (progress === undefined) return
    progress.noteHead(response?.statusCode)
    watchBody(request, progress)
  }

  // Requests that are in flight when the instrument is removed are followed until they end.
  let requestsUnderWay = 0
  let isUndone = false
  // Connections are watched only while traced requests are under way, because untraced requests must cost nothing.
  let stopWatchingConnections = (): void => undefined

  function onEnd(): void {
    requestsUnderWay--
    if (requestsUnderWay === 0) stopWatchingConnections()
    if (isUndone && requestsUnderWay === 0) stopListening()
  }

  const stopListeningToCreation = listen({ 'undici:request:create': onCreate })
  const stopListening = listen({
    'undici:request:headers': onHeaders,
    'undici:request:trailers': ({ request }: ChannelMessage) => progressOf(request)?.end(),
    'undici:request:error': ({ request, error }: ChannelMessage) =>
      progressOf(request)?.point.fail(unwrapAggregate(error)),
  })
  return () => {
    stopListeningToCreation()
    isUndone = true
    if (requestsUnderWay === 0) stopListening()
  }
}

/** Changes the trace headers of a request. Returns whether the request then contains the headers of the point. */
function setTraceHeaders(request: UndiciRequest, point: Point, receiver: Receiver): boolean {
  const given = listDecidingHeaders(request)
  const found = readTraceValues(given)
  const limits = readSignatureLimits(given.map(([name, value]) => [name, String(value)]))
  const changed = changeTraceHeaders(point, found, limits, receiver)
  if (changed === undefined) return false
  if (hasTraceValues(found)) removeTraceHeaders(request)
  for (const [name, value] of changed.headers) request.addHeader(name, value)
  return changed.isOurs
}
