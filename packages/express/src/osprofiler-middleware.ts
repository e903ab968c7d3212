import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HmacKeys } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions, type RequestStats } from '@osprofiler/core/http'
import { Object } from '@osprofiler/core/toolkit'
import { findAnsweringRoute } from './express-route.js'

/** A middleware for Express, Connect, or a plain `node:http` handler. */
export interface OsprofilerMiddleware {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void
  /** How requests with trace headers were treated. */
  readonly stats: RequestStats
}

/**
 * Traces the requests that are signed with one of the keys, for Express 4 and 5. Register it first: its point lasts
 * from there to the end of the response. `osprofilerErrorHandler()` after the routes records errors. Without it, only
 * the status shows a 5xx. Without keys, those of `setup()` or of OSPROFILER_HMAC_KEYS count, if there are any.
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
