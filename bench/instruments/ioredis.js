import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'

const [, , task, port, inFlight] = process.argv
const require = createRequire(import.meta.url)

/** Each contender is a process of its own, set up as its user would; its task is so many `GET`s, some at a time. */
const CONTENDERS = {
  async bare() {
    return run => run()
  },
  async untraced() {
    const { instrument } = await import('@osprofiler/instruments')
    instrument(['ioredis'])
    return run => run()
  },
  async traced() {
    const { instrument } = await import('@osprofiler/instruments')
    const profiler = await import('@osprofiler/core')
    instrument(['ioredis'])
    profiler.setNotifier(() => {})
    return run => profiler.run({ hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }, run)
  },
  async openTelemetry() {
    const { context } = await import('@opentelemetry/api')
    const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
    const { registerInstrumentations } = await import('@opentelemetry/instrumentation')
    const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base')
    const { createIdleProcessor } = await import('../idle-processor.js')
    const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis')
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [createIdleProcessor()] })
    registerInstrumentations({ tracerProvider, instrumentations: [new IORedisInstrumentation()] })
    return run =>
      tracerProvider.getTracer('bench').startActiveSpan('root', async span => {
        await run()
        span.end()
      })
  },
}

const inContext = await CONTENDERS[task]()
const redis = new (require('ioredis').Redis)(Number(port), '127.0.0.1')
await redis.set('key', 'value')

answerTimes({
  [task]: count =>
    inContext(async () => {
      for (let done = 0; done < count; done += Number(inFlight)) {
        await Promise.all(Array.from({ length: Number(inFlight) }, () => redis.get('key')))
      }
    }),
})
