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
    /** The profiler of this request, or `undefined` if the request is not traced. */
    readonly profiler: Profiler | undefined
  }
  interface FastifyInstance {
    /** The numbers of requests with trace headers, by outcome. */
    readonly osprofiler: { readonly stats: RequestStats }
  }
}

/** The options that all HTTP adapters share, and the keys. */
export interface OsprofilerOptions extends HttpOptions {
  /**
   * A list of keys, or a string with keys separated by commas. Default: the keys of `setup()` or of
   * OSPROFILER_HMAC_KEYS.
   */
  readonly hmacKeys?: HmacKeys | undefined
}

// The plugin is async, because nothing can catch an error that a plugin with a callback throws. Such an error would end
// the process.
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
        // The route is read now, because `reply.callNotFound()` changes it.
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

// Runs the code that produces the body of a traced response in the request's context. Otherwise, this context would be
// lost for a slow client, because Fastify continues to read the body when the connection emits events. An `onSend` hook
// is not used, because it would change where Fastify throws the errors of `reply.send()`.
const overrideSend = createOverride('send', (original, self, args) => {
  const request = (self as Partial<FastifyReply> | undefined)?.request?.raw
  if (request !== undefined) servedRequest(request)?.followBody(args[0])
  return Reflect.apply(original, self, args)
})

/**
 * A plugin for Fastify 5 that traces the requests that are signed with one of the keys. Register it first, because a
 * request's point lasts from the plugin's hook to the end of the response. The plugin is not encapsulated, so one
 * registration applies to the whole server. It adds `request.profiler` and `fastify.osprofiler.stats`. With empty keys
 * or a wrong option, the registration fails with a TypeError.
 *
 * @example
 * app.register(osprofiler, { hmacKeys: ['NEW', 'OLD'] })
 */
export const osprofiler = fp(plugin, { fastify: '5.x', name: '@osprofiler/fastify' })
