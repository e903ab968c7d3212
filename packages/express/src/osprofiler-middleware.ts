import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HmacKeys } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions, type RequestStats } from '@osprofiler/core/http'
import { Object } from '@osprofiler/core/toolkit'
import { findAnsweringRoute } from './express-route.js'

/** A middleware for Express or Connect, which can also be called from a plain `node:http` handler. */
export interface OsprofilerMiddleware {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void
  /** The numbers of requests with trace headers, by outcome. */
  readonly stats: RequestStats
}

/**
 * Creates a middleware for Express 4 and 5 that traces the requests that are signed with one of the keys. Register it
 * first, because a request's point lasts from this middleware to the end of the response. Register
 * `osprofilerErrorHandler()` after the routes to record errors. Otherwise, a trace shows a failed request only by its
 * 5xx status. If no keys are given, the keys of `setup()` or of OSPROFILER_HMAC_KEYS are used, if there are any.
 *
 * @throws TypeError for empty keys, or an option of the wrong type.
 * @example
 * app.use(osprofilerMiddleware('NEW,OLD'))
 */
export function osprofilerMiddleware(hmacKeys?: HmacKeys, options?: HttpOptions): OsprofilerMiddleware {
  const tracer = createRequestTracer(hmacKeys, options)

  function osprofiler(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void {
    tracer.serve(req, res, request => {
      request?.findRoute(() => findAnsweringRoute(req, res))
      next()
    })
  }

  return Object.defineProperty(osprofiler, 'stats', { get: () => tracer.stats }) as OsprofilerMiddleware
}
