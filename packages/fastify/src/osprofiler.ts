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
    /** The profiler of this request, or `undefined` where it is not traced. */
    readonly profiler: Profiler | undefined
  }
  interface FastifyInstance {
    /** What became of the requests that carried trace headers. */
    readonly osprofiler: { readonly stats: RequestStats }
  }
}

/** The options of the plugin: those of every HTTP adapter, and the keys. */
export interface OsprofilerOptions extends HttpOptions {
  /** A list, or one string split at commas. Without them, those of `setup()` or of OSPROFILER_HMAC_KEYS count. */
  readonly hmacKeys?: HmacKeys | undefined
}

// Async, with nothing to await: what a callback plugin throws is nobody's to catch, and ends the process.
const plugin: FastifyPluginAsync<OsprofilerOptions> = async (fastify, registered) => {
  const { hmacKeys, prefix, logLevel, logSerializers, ...options } = registered as OsprofilerOptions & RegisterOptions
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
        followSent(reply)
        // Now: `reply.callNotFound()` gives the request another route.
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

/**
 * Has what a traced request is answered with be produced in the request's context: Fastify reads a slow client's body on
 * from the events of its connection. A hook `onSend` would have Fastify throw an error of `reply.send()` elsewhere.
 */
const followSent = createOverride('send', (original, self, args) => {
  const request = (self as Partial<FastifyReply> | undefined)?.request?.raw
  if (request !== undefined) servedRequest(request)?.followBody(args[0])
  return Reflect.apply(original, self, args)
})

/**
 * Traces the requests that are signed with one of the keys, for Fastify 5. Register it first: its point spans what
 * comes after it, to the end of the response. Breaks the encapsulation of plugins, so that one registration is for
 * the whole server; adds `request.profiler` and `fastify.osprofiler.stats`.
 *
 * Registration fails with a TypeError for keys that are given and empty, or an option of the wrong type.
 *
 * @example
 * app.register(osprofiler, { hmacKeys: ['NEW', 'OLD'] })
 */
export const osprofiler = fp(plugin, { fastify: '5.x', name: '@osprofiler/fastify' })
