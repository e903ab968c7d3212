import type { HmacKeys } from '@osprofiler/core'
import {
  createRequestTracer,
  type HttpOptions,
  type NodeRequest,
  type NodeResponse,
  type RequestStats,
  type ServedRequest,
} from '@osprofiler/core/http'
import { Object, settle } from '@osprofiler/core/toolkit'
import { findKoaRoute, type KoaRouting } from './koa-route.js'

/** The part of Koa's context that the middleware reads. */
export interface OsprofilerContext extends KoaRouting {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly body?: unknown
}

/** A middleware for Koa 2 and 3. */
export interface OsprofilerMiddleware {
  (ctx: OsprofilerContext, next: () => Promise<unknown>): Promise<unknown>
  /** The numbers of requests with trace headers, by outcome. */
  readonly stats: RequestStats
}

/**
 * Creates a middleware that traces the requests that are signed with one of the keys. Register it first, because a
 * request's point lasts from this middleware to the end of the response. The point records an error that later
 * middleware throws. If no keys are given, the keys of `setup()` or of OSPROFILER_HMAC_KEYS are used, if there are any.
 *
 * @throws TypeError for empty keys, or an option of the wrong type.
 * @example
 * app.use(osprofilerMiddleware('NEW,OLD'))
 */
export function osprofilerMiddleware(hmacKeys?: HmacKeys, options?: HttpOptions): OsprofilerMiddleware {
  const tracer = createRequestTracer(hmacKeys, options)

  function osprofiler(ctx: OsprofilerContext, next: () => Promise<unknown>): Promise<unknown> {
    const serve = (request: ServedRequest | undefined): Promise<unknown> => {
      if (request === undefined) return next()
      request.findRoute(() => findKoaRoute(ctx))
      return settle(next, {
        // Koa reads the body after all middleware has run. Without this call, a generator that produces the body would
        // lose its trace.
        done: () => request.followBody(ctx.body),
        failed: error => request.fail(error),
      })
    }
    return tracer.serve(ctx.req, ctx.res, serve, ctx.originalUrl)
  }

  return Object.defineProperty(osprofiler, 'stats', { get: () => tracer.stats }) as OsprofilerMiddleware
}
