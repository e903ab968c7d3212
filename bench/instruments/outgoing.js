// Requests to a server, by `http.get` or `fetch`, in one of these ways: `node outgoing.js CONTENDER http|fetch PORT IN_FLIGHT`.

import http from 'node:http'
import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'

const [, , task, client, port, inFlight] = process.argv
const require = createRequire(import.meta.url)

/** Each contender is a process of its own, set up as its user would. */
const CONTENDERS = {
  async bare() {
    return run => run()
  },
  async untraced() {
    const { instrument } = await import('@osprofiler/instruments')
    instrument(['http', 'fetch'])
    return run => run()
  },
  async traced() {
    const { instrument } = await import('@osprofiler/instruments')
    const profiler = await import('@osprofiler/core')
    instrument(['http', 'fetch'])
    profiler.setNotifier(() => {})
    return run => profiler.run({ hmacKey: 'SECRET_KEY', maxPointsPerTrace: Number.POSITIVE_INFINITY }, run)
  },
  async openTelemetry() {
    const { context, propagation } = await import('@opentelemetry/api')
    const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
    const { W3CTraceContextPropagator } = await import('@opentelemetry/core')
    const { registerInstrumentations } = await import('@opentelemetry/instrumentation')
    const { BasicTracerProvider } = await import('@opentelemetry/sdk-trace-base')
    const { createIdleProcessor } = await import('../idle-processor.js')
    const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
    const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [createIdleProcessor()] })
    registerInstrumentations({
      tracerProvider,
      instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    })
    // It is require() that this hooks into.
    require('node:http')
    return run =>
      tracerProvider.getTracer('bench').startActiveSpan('root', async span => {
        await run()
        span.end()
      })
  },
}

const urls = Array.from(
  { length: Number(inFlight) },
  (_, index) => `http://127.0.0.1:${port}/${index === 0 ? 'first' : 'other'}/7?page=2`,
)
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(inFlight) })

const CLIENTS = {
  http: url =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, response => response.resume().on('end', resolve)).on('error', reject)
    }),
  fetch: async url => (await fetch(url)).text(),
}

const inContext = await CONTENDERS[task]()
const send = CLIENTS[client]

answerTimes({
  [task]: count =>
    inContext(async () => {
      for (let done = 0; done < count; done += Number(inFlight)) {
        await Promise.all(urls.map(send))
      }
    }),
})
