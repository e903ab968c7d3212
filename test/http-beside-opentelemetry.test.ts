import { once } from 'node:events'
import http, { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { run, setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

// OpenTelemetry's instrumentations hook into `require()`, so this file must load modules with `require()`.
const require = createRequire(import.meta.url)
const exporter = new InMemorySpanExporter()
const arrived: string[][] = []
const records: TraceRecord[] = []
const undos: (() => void)[] = []
let origin: string

const server = createServer((req, res) => {
  arrived.push(req.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase()))
  res.end('ok')
}).listen(0, '127.0.0.1')

beforeAll(async () => {
  if (!server.listening) await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  for (const undo of undos.splice(0).reverse()) undo()
  setNotifier(undefined)
  exporter.reset()
  arrived.length = 0
  records.length = 0
})

function enableOsprofiler(): void {
  undos.push(instrument(['http', 'fetch']))
}

let instrumentations: { enable(): void; disable(): void }[] | undefined

function enableOpenTelemetry(): void {
  instrumentations ??= createInstrumentations()
  const used = instrumentations
  for (const instrumentation of used) instrumentation.enable()
  undos.push(() => {
    for (const instrumentation of used) instrumentation.disable()
  })
}

function createInstrumentations() {
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
  const created = [
    new HttpInstrumentation({ disableIncomingRequestInstrumentation: true }),
    new UndiciInstrumentation(),
  ]
  require('node:http')
  return created
}

const SENDERS: Record<string, () => Promise<unknown>> = {
  'http.get': () => new Promise(resolve => http.get(origin, response => response.resume().on('end', resolve))),
  'http.request with a list of headers': () =>
    new Promise(resolve => {
      const headers = ['Host', 'a']
      http.request(origin, { headers }, response => response.resume().on('end', resolve)).end()
    }),
  fetch: async () => (await fetch(origin)).text(),
}

describe.each<[string, (() => void)[]]>([
  ['installed after OSProfiler', [enableOsprofiler, enableOpenTelemetry]],
  ['installed before OSProfiler', [enableOpenTelemetry, enableOsprofiler]],
])("with OpenTelemetry's instrumentation %s", (_order, installs) => {
  it.each(Object.entries(SENDERS))(
    '%s becomes one point and one span, and sends each header once',
    async (_name, send) => {
      for (const install of installs) install()
      setNotifier(record => void records.push(record))

      await run({ hmacKey: 'KEY' }, () => trace.getTracer('test').startActiveSpan('root', send))

      expect(records.map(record => record.name)).toEqual(['http-start', 'http-stop'])
      expect(exporter.getFinishedSpans().map(({ kind }) => kind)).toEqual([2])
      const [headers = []] = arrived
      const ours = headers.filter(header => header.startsWith('x-trace-'))
      expect(ours.sort()).toEqual(['x-trace-hmac', 'x-trace-info', 'x-trace-ticket'])
      expect(headers.filter(header => header === 'traceparent')).toHaveLength(1)
    },
  )
})
