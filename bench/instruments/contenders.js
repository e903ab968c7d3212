import { createRequire } from 'node:module'
import { createIdleProcessor } from '../idle-processor.js'

const require = createRequire(import.meta.url)

/**
 * Sets this process up as one contender, and resolves to a function that runs work as he would: `bare`; `untraced`,
 * with our instruments on and no trace; `traced`; or `openTelemetry`, in a span. To be called before the library is
 * loaded, by `require`: that is what OpenTelemetry hooks into.
 *
 * `instruments` are the names and the options of `instrument()`, `createInstrumentations` makes OpenTelemetry's.
 */
export async function createContender(name, instruments, createInstrumentations) {
  if (name === 'bare') return run => run()
  if (name === 'openTelemetry') return await traceWithOpenTelemetry(createInstrumentations())
  const { instrument } = await import('@osprofiler/instruments')
  instrument(...instruments)
  if (name === 'untraced') return run => run()
  const profiler = await import('@osprofiler/core')
  profiler.setNotifier(() => {})
  return run => profiler.run({ hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }, run)
}

async function traceWithOpenTelemetry(instrumentations) {
  const { context } = await import('@opentelemetry/api')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [createIdleProcessor()] })
  registerInstrumentations({ tracerProvider, instrumentations })
  return run =>
    tracerProvider.getTracer('bench').startActiveSpan('root', async span => {
      await run()
      span.end()
    })
}
