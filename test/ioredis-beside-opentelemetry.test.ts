import { createRequire } from 'node:module'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { run, setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from './servers/redis.js'

// OpenTelemetry's instrumentation hooks into `require()`, so this file must load ioredis with `require()`.
const require = createRequire(import.meta.url)
const exporter = new InMemorySpanExporter()
const undos: (() => void)[] = []
let server: RedisServer
let records: TraceRecord[]

beforeAll(async () => {
  server = await startRedis()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(tracerProvider)
})
afterAll(() => server.stop())
afterEach(() => {
  for (const undo of undos.splice(0).reverse()) undo()
  setNotifier(undefined)
  exporter.reset()
})

function enableOsprofiler(): void {
  undos.push(instrument(['ioredis']))
}

let instrumentation: { enable(): void; disable(): void } | undefined

function enableOpenTelemetry(): void {
  instrumentation ??= createInstrumentation()
  const used = instrumentation
  used.enable()
  undos.push(() => used.disable())
}

function createInstrumentation(): { enable(): void; disable(): void } {
  const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis')
  const created = new IORedisInstrumentation()
  require('ioredis')
  return created
}

it.each([
  ['before', [enableOsprofiler, enableOpenTelemetry]],
  ['after', [enableOpenTelemetry, enableOsprofiler]],
])(
  'a command of ioredis becomes one point and one span if OSProfiler is installed %s OpenTelemetry',
  async (_order, steps) => {
    for (const use of steps) use()
    const redis = new (require('ioredis').Redis)(server.port, '127.0.0.1')
    await redis.ping()
    records = []
    setNotifier(record => void records.push(record))
    const ask = () =>
      run({ hmacKey: 'SECRET' }, () =>
        trace.getTracer('test').startActiveSpan('root', async span => {
          await redis.get('a')
          span.end()
        }),
      )

    await ask()
    const told = [records.map(({ name }) => name), exporter.getFinishedSpans().map(({ name }) => name)]
    for (const undo of undos.splice(0).reverse()) undo()
    await ask()
    redis.disconnect()

    expect(told).toEqual([
      ['db-start', 'db-stop'],
      ['get', 'root'],
    ])
    expect(records).toHaveLength(2)
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['get', 'root', 'root'])
  },
)
