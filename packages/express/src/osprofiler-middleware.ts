import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HmacKeys } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions, type RequestStats } from '@osprofiler/core/http'
import { Object } from '@osprofiler/core/toolkit'
import { answeringRoute } from './express-route.js'

/** A middleware for Express, Connect, or a plain `node:http` handler. */
export interface OsprofilerMiddleware {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void
  /** What became of the requests that carried trace headers. */
  readonly stats: RequestStats
}

/**
 * Traces the requests that are signed with one of the keys, for Express 4 and 5. Put it first: its point spans what
 * comes after it, to the end of the response. Errors are recorded by `osprofilerErrorHandler()` after the routes;
 * without it, a 5xx is known by its status.
 *
 * Without keys, those of `setup()` or of OSPROFILER_HMAC_KEYS count; where there are none, nothing is traced.
 *
 * @throws TypeError for keys that are given and empty, or an option of the wrong type.
 * @example
 * app.use(osprofilerMiddleware('NEW,OLD'))
 */
export function osprofilerMiddleware(hmacKeys?: HmacKeys, options?: HttpOptions): OsprofilerMiddleware {
  const tracer = createRequestTracer(hmacKeys, options)

  function osprofiler(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void {
    tracer.serve(req, res, request => {
      request?.findRoute(() => answeringRoute(req, res))
      next()
    })
  }

  return Object.defineProperty(osprofiler, 'stats', { get: () => tracer.stats }) as OsprofilerMiddleware
}
