import { createRequire } from 'node:module'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { countSpans } from '../count-spans.js'

const require = createRequire(import.meta.url)

/**
 * Starts OpenTelemetry in the usual setup for a framework. It creates one span per request, because our adapters record
 * one point per request.
 */
export function startOpenTelemetry(framework, on) {
  const { processor, expect } = countSpans()
  const provider = new BasicTracerProvider({
    sampler: on ? new AlwaysOnSampler() : new AlwaysOffSampler(),
    spanProcessors: [processor],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  const { instrumentations, fastifyPlugin } = INSTRUMENTATIONS[framework]()
  registerInstrumentations({ tracerProvider: provider, instrumentations })
  return { expect, fastifyPlugin }
}

/** Each setup creates one span per request, with its route, and no spans for layers, hooks or handlers. */
const INSTRUMENTATIONS = {
  express() {
    const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
    const layers = { ignoreLayersType: ['middleware', 'router', 'request_handler'] }
    return { instrumentations: [createHttp(), new ExpressInstrumentation(layers)] }
  },
  koa() {
    const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa')
    const layers = { ignoreLayersType: ['middleware', 'router'] }
    return { instrumentations: [createHttp(), new KoaInstrumentation(layers)] }
  },
  /** The Fastify plugin always creates a span. HTTP is not instrumented, so this span is the request's only span. */
  fastify() {
    const { FastifyOtelInstrumentation } = require('@fastify/otel')
    const instrumentation = new FastifyOtelInstrumentation({ instrumentHooks: false, instrumentHandler: false })
    return { instrumentations: [instrumentation], fastifyPlugin: instrumentation.plugin() }
  },
}

function createHttp() {
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  return new HttpInstrumentation()
}
