import { configuredKeyRing, isEnabled } from '../configuration.js'
import { suppress } from '../context.js'
import { type HmacKeys, KeyRing } from '../key-ring.js'
import { LocalTrace } from '../local-trace.js'
import { isKnownTrace, openRequest } from '../point-allowance.js'
import { Profiler } from '../profiler.js'
import type { PointInfo } from '../record.js'
import { readSignedHeaders, type UnpackedTrace } from '../signed-headers.js'
import { type HttpOptions, resolveHttpOptions } from './http-options.js'
import type { NodeRequest, NodeResponse } from './node-messages.js'
import { createRateLimit } from './rate-limit.js'
import { createRefusals, type RefusalReason } from './refusals.js'
import { requestInfo } from './request-info.js'
import { ServedRequest, servedRequest } from './served-request.js'
import { isCurrent } from './trace-age.js'

/** What became of the requests that carried trace headers. */
export interface RequestStats {
  /** Requests that were traced. */
  readonly traced: number
  /** The same by key, in the order of the keys that are in force: when the last ones stay 0, they can go. */
  readonly tracedByKey: readonly number[]
  /** Requests that were served untraced, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/** Decides which requests are traced, and traces them. One for each place where an adapter is mounted. */
export interface RequestTracer {
  /**
   * Runs `fn`, which serves the request: traced where the headers are believed, and untraced otherwise. `wholeUrl` is
   * for frameworks that cut the path of a mounted application off `req.url`, and do not keep it in `req.originalUrl`.
   */
  serve<T>(req: NodeRequest, res: NodeResponse, fn: (request: ServedRequest | undefined) => T, wholeUrl?: string): T
  readonly stats: RequestStats
}

/**
 * What every HTTP adapter is built on: verifies a request's headers, opens its point, gives its handlers a context,
 * and ends the point with the response.
 *
 * Keys given here win; without them, those of `configure` or the environment are looked up at each signed request.
 *
 * @throws TypeError for an option of the wrong type, or keys that are given and empty.
 * @example
 * const tracer = createRequestTracer('NEW,OLD')
 * http.createServer((req, res) => tracer.serve(req, res, () => handle(req, res)))
 */
export function createRequestTracer(hmacKeys?: HmacKeys, options: HttpOptions = {}): RequestTracer {
  const settings = resolveHttpOptions(options)
  const givenRing = openRing(hmacKeys)
  const keyRing = (): KeyRing | undefined => givenRing ?? configuredKeyRing()
  const { counts: refused, refuse } = createRefusals(settings.onRefused)
  const mayTrace = createRateLimit(settings.maxTracesPerSecond)
  const tracedByKey = new Map<string, number>()
  let traced = 0

  function begin(req: NodeRequest, res: NodeResponse, wholeUrl: string | undefined): ServedRequest | undefined {
    const info = req.headers['x-trace-info']
    const hmac = req.headers['x-trace-hmac']
    if (!(settings.enabled ?? isEnabled())) return refuse('disabled', req)
    if (isIgnored(req, settings)) return undefined
    const ring = keyRing()
    if (ring === undefined) return refuse('no-keys', req)
    if (!info || !hmac) return refuse('missing-header', req)
    const unpacked = readSignedHeaders(String(info), String(hmac), ring)
    if (typeof unpacked === 'string') return refuse(unpacked, req)
    if (!isCurrent(unpacked.baseId, settings, Date.now())) return refuse('too-old', req)
    // Further requests of a known trace are not counted, or a service that is called in a loop would lose the end of the loop.
    if (!isKnownTrace(unpacked.baseId) && !mayTrace()) return refuse('rate-limited', req)
    traced++
    tracedByKey.set(unpacked.hmacKey, (tracedByKey.get(unpacked.hmacKey) ?? 0) + 1)
    return open(unpacked, requestInfo(req, settings.hideQuery, wholeUrl), req, res)
  }

  function open(
    { hmacKey, baseId, parentId }: UnpackedTrace,
    info: PointInfo,
    req: NodeRequest,
    res: NodeResponse,
  ): ServedRequest {
    const trace = new LocalTrace(hmacKey, baseId, settings.maxPointsPerTrace)
    const told = openRequest(trace.points, settings.maxPointsPerTrace)
    const profiler = new Profiler(trace, parentId).fork(settings.name, info)
    return new ServedRequest(profiler, req, res, () => {
      told()
      trace.end()
    })
  }

  /** Whatever a request or a response may be that is not Node's own, it is served. */
  function beginSafely(req: NodeRequest, res: NodeResponse, wholeUrl: string | undefined): ServedRequest | undefined {
    try {
      return begin(req, res, wholeUrl)
    } catch {
      return undefined
    }
  }

  return {
    serve(req, res, fn, wholeUrl) {
      if (!isSigned(req)) return suppress(() => fn(undefined))
      const outer = servedRequest(req)
      // Mounted twice: the first has opened the request's point, and its context is in force.
      if (outer !== undefined) return fn(outer)
      const request = beginSafely(req, res, wholeUrl)
      if (request !== undefined) return request.run(() => fn(request))
      // Suppressed: a context that some other request left on a shared connection is not this one's.
      return suppress(() => fn(undefined))
    },
    get stats() {
      const ring = keyRing()
      const byKey = Array.from({ length: ring?.size ?? 0 }, (_, index) => tracedByKey.get(ring?.at(index) ?? '') ?? 0)
      return { traced, tracedByKey: byKey, refused: { ...refused } }
    },
  }
}

/** Whether a request claims to be traced. Nearly all do not: for them this is all that is done. */
function isSigned({ headers }: NodeRequest): boolean {
  return headers?.['x-trace-info'] !== undefined || headers?.['x-trace-hmac'] !== undefined
}

function openRing(hmacKeys: HmacKeys | undefined): KeyRing | undefined {
  if (hmacKeys === undefined) return undefined
  const ring = new KeyRing(hmacKeys)
  if (ring.size > 0) return ring
  throw new TypeError('The list of HMAC keys is empty. Leave it out to take the keys from setup() or the environment.')
}

function isIgnored(req: NodeRequest, { ignore }: HttpOptions): boolean {
  try {
    return ignore?.(req) === true
  } catch {
    return false
  }
}
