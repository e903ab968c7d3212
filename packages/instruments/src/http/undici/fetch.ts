import type { Point } from '@osprofiler/core'
import { String, Symbol } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { markTaken } from '../../points/mark-taken.js'
import { looksAtHostOnly } from '../../propagation/propagate-to.js'
import { readSeal } from '../../propagation/sealing-headers.js'
import { changeTraceHeaders, readTraceValues } from '../../propagation/trace-header-change.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { describeRequest } from '../describe-request.js'
import { RequestProgress } from '../request-progress.js'
import { joinUrl } from '../request-target.js'
import { watchBody } from './undici-body.js'
import { callersProfiler } from './undici-caller.js'
import {
  decidingHeaders,
  type RequestTarget,
  removeTraceHeaders,
  requestTarget,
  type UndiciRequest,
} from './undici-request.js'
import { watchUpgrade } from './undici-upgrade.js'

interface Message {
  readonly request: UndiciRequest
  readonly response?: { readonly statusCode: number }
  readonly error?: unknown
}

/**
 * Records the requests of Node's `fetch` and of undici 5 to 8 as points named `http` or `https`, one per redirect. A
 * point lasts from the call to the last byte of the response. If nobody reads the body once the trace is over, the
 * point ends at the response's head. Allowed receivers get the trace headers.
 */
export function instrumentFetch({ mayReceive }: InstrumentSettings): () => void {
  const hostOnly = looksAtHostOnly(mayReceive)
  // Kept on the request: the context at its response is that of the connection. A `WeakMap` is slower to collect.
  const followed = Symbol('osprofiler.point')
  type Marked = UndiciRequest & { [mark: symbol]: RequestProgress | undefined }

  function onCreate({ request }: Message): void {
    const profiler = callersProfiler(request)
    if (profiler === undefined) return
    const target = requestTarget(request)
    if (target === undefined || !markTaken(request)) return
    const { scheme, hostname, port } = target.origin
    const { path, query } = target
    const info = describeRequest({ method: request.method, query, path, hostname, port, scheme })
    const point = profiler.startBeside(scheme, info)
    const progress = new RequestProgress(point, onEnd)
    if (point.recorded) underWay++
    ;(request as Marked)[followed] = progress
    watchUpgrade(request, progress)
    setHeaders(request, point, mayCarry(target))
  }

  /** A proxy reads the headers as well, so it must be allowed too. */
  function mayCarry(target: RequestTarget): boolean {
    const { origin, peer } = target
    if (!mayReceive(hostOnly ? origin.url : joinUrl(origin.url, target))) return false
    return peer.url.host === origin.url.host || mayReceive(peer.url)
  }

  function onHeaders({ request, response }: Message): void {
    const progress = (request as Marked)[followed]
    if (progress === undefined) return
    progress.answered(response?.statusCode)
    watchBody(request, progress)
  }

  // Requests in flight when this is undone are followed to their ends.
  let underWay = 0
  let undone = false

  function onEnd(): void {
    underWay--
    if (undone && underWay === 0) stopListening()
  }

  const stopCreating = listen({ 'undici:request:create': onCreate })
  const stopListening = listen({
    'undici:request:headers': onHeaders,
    'undici:request:trailers': ({ request }: Message) => (request as Marked)[followed]?.ended(),
    'undici:request:error': ({ request, error }: Message) =>
      (request as Marked)[followed]?.point.fail(unwrapAggregate(error)),
  })
  return () => {
    stopCreating()
    undone = true
    if (underWay === 0) stopListening()
  }
}

function setHeaders(request: UndiciRequest, point: Point, allowed: boolean): void {
  const given = decidingHeaders(request)
  const found = readTraceValues(given)
  const seal = readSeal(given.map(([name, value]) => [name, String(value)]))
  const changed = changeTraceHeaders(point, found, seal, allowed)
  if (changed === undefined) return
  if (found.infos.length + found.hmacs.length > 0) removeTraceHeaders(request)
  for (const [name, value] of changed.headers) request.addHeader(name, value)
}
