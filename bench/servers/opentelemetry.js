import { createRequire } from 'node:module'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { createIdleProcessor } from '../idle-processor.js'

const require = createRequire(import.meta.url)

/** OpenTelemetry as its users set it up for a framework: the instrumentations of HTTP and of the framework itself. */
export function startOpenTelemetry(framework, on) {
  const processor = createIdleProcessor()
  const provider = new BasicTracerProvider({
    sampler: on ? new AlwaysOnSampler() : new AlwaysOffSampler(),
    spanProcessors: [processor],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )

  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  const { fastify, instrumentation } = INSTRUMENTATIONS[framework]()
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [new HttpInstrumentation(), instrumentation],
  })
  return { processor, fastifyPlugin: fastify && instrumentation.plugin() }
}

const INSTRUMENTATIONS = {
  express() {
    const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
    return { instrumentation: new ExpressInstrumentation() }
  },
  koa() {
    const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa')
    return { instrumentation: new KoaInstrumentation() }
  },
  fastify() {
    const { FastifyOtelInstrumentation } = require('@fastify/otel')
    return { instrumentation: new FastifyOtelInstrumentation(), fastify: true }
  },
}
