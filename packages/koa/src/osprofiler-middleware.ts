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
import { type KoaRouting, koaRoute } from './koa-route.js'

/** What the middleware reads of Koa's context. */
export interface OsprofilerContext extends KoaRouting {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly body?: unknown
}

/** A middleware for Koa 2 and 3. */
export interface OsprofilerMiddleware {
  (ctx: OsprofilerContext, next: () => Promise<unknown>): Promise<unknown>
  /** What became of the requests that carried trace headers. */
  readonly stats: RequestStats
}

/**
 * Traces the requests that are signed with one of the keys. Put it first: its point spans what comes after it, to
 * the end of the response, and records the error that a later middleware threw.
 *
 * Without keys, those of `setup()` or of OSPROFILER_HMAC_KEYS count; where there are none, nothing is traced.
 *
 * @throws TypeError for keys that are given and empty, or an option of the wrong type.
 * @example
 * app.use(osprofilerMiddleware('NEW,OLD'))
 */
export function osprofilerMiddleware(hmacKeys?: HmacKeys, options?: HttpOptions): OsprofilerMiddleware {
  const tracer = createRequestTracer(hmacKeys, options)

  function osprofiler(ctx: OsprofilerContext, next: () => Promise<unknown>): Promise<unknown> {
    const serve = (request: ServedRequest | undefined): Promise<unknown> => {
      if (request === undefined) return next()
      request.findRoute(() => koaRoute(ctx))
      return settle(next, {
        // Koa reads the body after all middleware, where a generator behind the body would not find its trace.
        done: () => request.followBody(ctx.body),
        failed: error => request.fail(error),
      })
    }
    return tracer.serve(ctx.req, ctx.res, serve, ctx.originalUrl)
  }

  return Object.defineProperty(osprofiler, 'stats', { get: () => tracer.stats }) as OsprofilerMiddleware
}
