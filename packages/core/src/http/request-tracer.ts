import { RootPoint } from '../admission/root-point.js'
import { createTicketGate, type TicketStats } from '../admission/ticket-gate.js'
import { createTraceGate, type TraceStats } from '../admission/trace-gate.js'
import type { HmacKeys } from '../keys/key-ring.js'
import { performance, String } from '../platform/platform.js'
import { suppress } from '../points/context.js'
import { checkHttpOptions, type HttpOptions } from './http-options.js'
import { requestInfo } from './request-info.js'
import type { NodeRequest, NodeResponse } from './response/node-messages.js'
import { addServerTiming, timingOfRefusal, timingOfTrace } from './response/server-timing.js'
import { type ServedRequest, servedRequest, traceRequest } from './served-request.js'

/** Counts of requests with trace headers. `tickets` shows whether the mode `required` would refuse any of them. */
export interface RequestStats extends TraceStats {
  readonly tickets: TicketStats
}

/** Decides which requests are traced, and traces them. Each mounted adapter has its own tracer. */
export interface RequestTracer {
  /**
   * Serves a request with `fn`, traced if its headers are trusted. `wholeUrl` is the requested URL, for frameworks that
   * shorten `req.url`.
   */
  serve<T>(req: NodeRequest, res: NodeResponse, fn: (request: ServedRequest | undefined) => T, wholeUrl?: string): T
  readonly stats: RequestStats
}

/**
 * Creates the tracer that every HTTP adapter is built on. The tracer verifies headers, opens a point, runs the handlers
 * in the point's context, and stops the point at the end of the response. Without `hmacKeys`, the tracer uses the
 * current keys of `configure` or the environment.
 *
 * @throws TypeError for an option of the wrong type, or if `hmacKeys` is given but empty
 * @example
 * const tracer = createRequestTracer('NEW,OLD')
 * http.createServer((req, res) => tracer.serve(req, res, () => handle(req, res)))
 */
export function createRequestTracer(hmacKeys?: HmacKeys, options: HttpOptions = {}): RequestTracer {
  checkHttpOptions(options)
  const name = options.name || 'wsgi'
  const hideQuery = options.hideQuery ?? false
  const tickets = createTicketGate<NodeRequest>(options)
  const gate = createTraceGate(hmacKeys, options, tickets)

  function begin(req: NodeRequest, res: NodeResponse, wholeUrl: string | undefined): ServedRequest | undefined {
    const { 'x-trace-info': info = '', 'x-trace-hmac': hmac = '' } = req.headers
    const admitted = gate.admit(String(info), String(hmac), req, reason => {
      addServerTiming(res, () => timingOfRefusal(reason))
    })
    if (admitted === undefined) return undefined
    const served = requestInfo(req, hideQuery, wholeUrl)
    return traceRequest(req, res, () => {
      const root = new RootPoint(admitted, gate.maxPointsPerTrace, name, served)
      const { steps } = root
      if (steps !== undefined) {
        const began = performance.now()
        addServerTiming(res, () => timingOfTrace(admitted.baseId, performance.now() - began, steps()))
      }
      return root
    })
  }

  /**
   * Opens the point of a request, but never throws, because tracing must not break a request. If `req` or `res` is not
   * one of Node's own objects, the request is served untraced.
   */
  function beginSafely(req: NodeRequest, res: NodeResponse, wholeUrl: string | undefined): ServedRequest | undefined {
    try {
      return begin(req, res, wholeUrl)
    } catch {
      return undefined
    }
  }

  return {
    serve(req, res, fn, wholeUrl) {
      gate.warnIfNoKeys()
      if (!isSigned(req)) return suppress(() => fn(undefined))
      const outer = servedRequest(req)
      // If the adapter is mounted twice, the outer one has already opened the request's point and set the context.
      if (outer !== undefined) return fn(outer)
      const request = beginSafely(req, res, wholeUrl)
      if (request !== undefined) return request.run(() => fn(request))
      // Tracing is suppressed, because on a shared connection, the context of another request may still be active.
      return suppress(() => fn(undefined))
    },
    get stats() {
      return { ...gate.stats, tickets: tickets.stats }
    },
  }
}

/** Returns whether a request asks to be traced. For most requests, this check is the only tracing code that runs. */
function isSigned({ headers }: NodeRequest): boolean {
  return headers?.['x-trace-info'] !== undefined || headers?.['x-trace-hmac'] !== undefined
}
