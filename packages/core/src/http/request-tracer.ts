import { RootPoint } from '../admission/root-point.js'
import { createTraceGate, type TraceStats } from '../admission/trace-gate.js'
import type { HmacKeys } from '../keys/key-ring.js'
import { String } from '../platform/platform.js'
import { suppress } from '../points/context.js'
import { checkHttpOptions, type HttpOptions } from './http-options.js'
import type { NodeRequest, NodeResponse } from './node-messages.js'
import { requestInfo } from './request-info.js'
import { type ServedRequest, servedRequest, serveRequest } from './served-request.js'

/** What became of the requests that carried trace headers. */
export type RequestStats = TraceStats

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
  checkHttpOptions(options)
  const name = options.name || 'wsgi'
  const hideQuery = options.hideQuery ?? false
  const gate = createTraceGate(hmacKeys, options)

  function begin(req: NodeRequest, res: NodeResponse, wholeUrl: string | undefined): ServedRequest | undefined {
    const { 'x-trace-info': info = '', 'x-trace-hmac': hmac = '' } = req.headers
    const admitted = gate.admit(String(info), String(hmac), req)
    if (admitted === undefined) return undefined
    const served = requestInfo(req, hideQuery, wholeUrl)
    return serveRequest(req, res, () => new RootPoint(admitted, gate.maxPointsPerTrace, name, served))
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
      gate.lookForKeys()
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
      return gate.stats
    },
  }
}

/** Whether a request claims to be traced. Nearly all do not: for them this is all that is done. */
function isSigned({ headers }: NodeRequest): boolean {
  return headers?.['x-trace-info'] !== undefined || headers?.['x-trace-hmac'] !== undefined
}
