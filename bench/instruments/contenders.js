import { createRequire } from 'node:module'
import * as profiler from '@osprofiler/core'
import { countRecords } from '../count-records.js'
import { countSpans } from '../count-spans.js'

const require = createRequire(import.meta.url)

/**
 * Sets up this process as one contender, and resolves to a function that runs a number of calls. The contenders are:
 * - `bare`, without any tracing
 * - `untraced`, with our instruments but without a trace
 * - `traced`, with our instruments and in a trace
 * - `openTelemetry`, with OpenTelemetry's instrumentations and in a span
 *
 * This function must be called before `require` loads the library, because OpenTelemetry hooks into `require`.
 *
 * `instruments` are the arguments of `instrument()`. `createInstrumentations` creates OpenTelemetry's instrumentations.
 * The run fails unless each call produces exactly `points` points or spans.
 */
export async function createContender(name, instruments, createInstrumentations, points = 1) {
  if (name === 'openTelemetry') return await traceWithOpenTelemetry(createInstrumentations(), points)
  if (name === 'bare') return (_, run) => run()
  const { instrument } = await import('@osprofiler/instruments')
  instrument(...instruments)
  const { expect } = countRecords()
  const options = { hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }
  return async (count, run) => {
    await (name === 'traced' ? profiler.run(options, run) : run())
    await expect(name === 'traced' ? 2 * points * count : 0)
  }
}

async function traceWithOpenTelemetry(instrumentations, spans) {
  const { context } = await import('@opentelemetry/api')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const { processor, expect } = countSpans()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [processor] })
  registerInstrumentations({ tracerProvider, instrumentations })
  return async (count, run) => {
    await tracerProvider.getTracer('bench').startActiveSpan('root', async span => {
      await run()
      span.end()
    })
    await expect(spans * count + 1)
  }
}
