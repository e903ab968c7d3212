import type { HmacKeys, Profiler } from '@osprofiler/core'
import {
  createRequestTracer,
  failRequest,
  type HttpOptions,
  type RequestStats,
  servedRequest,
} from '@osprofiler/core/http'
import { createOverride, Reflect } from '@osprofiler/core/toolkit'
import type { FastifyPluginAsync, FastifyReply, RegisterOptions } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** The profiler of this request, or `undefined` if it is not traced. */
    readonly profiler: Profiler | undefined
  }
  interface FastifyInstance {
    /** How requests with trace headers were treated. */
    readonly osprofiler: { readonly stats: RequestStats }
  }
}

/** Options of every HTTP adapter, and the keys. */
export interface OsprofilerOptions extends HttpOptions {
  /** A list, or a string split at commas. Default: the keys of `setup()` or of OSPROFILER_HMAC_KEYS. */
  readonly hmacKeys?: HmacKeys | undefined
}

// Async, because an error that a plugin with a callback throws cannot be caught, and ends the process.
const plugin: FastifyPluginAsync<OsprofilerOptions> = async (fastify, pluginOptions) => {
  const { hmacKeys, prefix, logLevel, logSerializers, ...options } = pluginOptions as OsprofilerOptions &
    RegisterOptions
  const tracer = createRequestTracer(hmacKeys, options)
  fastify.decorate('osprofiler', {
    get stats() {
      return tracer.stats
    },
  })
  fastify.decorateRequest('profiler', {
    getter() {
      return servedRequest(this.raw)?.profiler
    },
  })

  fastify.addHook('onRequest', function osprofilerOnRequest(request, reply, next) {
    tracer.serve(request.raw, reply.raw, served => {
      if (served !== undefined) {
        overrideSend(reply)
        // Read now, because `reply.callNotFound()` gives the request another route.
        const route = request.is404 ? undefined : request.routeOptions.url
        served.findRoute(() => route)
      }
      next()
    })
  })

  fastify.addHook('onError', function osprofilerOnError(request, _reply, error, next) {
    failRequest(request.raw, error)
    next()
  })
}

// Produces the body of a traced response in the request's context. Fastify reads on for a slow client from events of
// its connection. With a hook `onSend`, Fastify would throw errors of `reply.send()` elsewhere.
const overrideSend = createOverride('send', (original, self, args) => {
  const request = (self as Partial<FastifyReply> | undefined)?.request?.raw
  if (request !== undefined) servedRequest(request)?.followBody(args[0])
  return Reflect.apply(original, self, args)
})

/**
 * Traces the requests that are signed with one of the keys, for Fastify 5. Register it first: its point lasts from
 * there to the end of the response. The plugin is not encapsulated, so one registration serves the whole server. Adds
 * `request.profiler` and `fastify.osprofiler.stats`. Empty keys or a wrong option fail the registration with a
 * TypeError.
 *
 * @example
 * app.register(osprofiler, { hmacKeys: ['NEW', 'OLD'] })
 */
export const osprofiler = fp(plugin, { fastify: '5.x', name: '@osprofiler/fastify' })
