import { gzipSync } from 'node:zlib'
import { createNotifier, type Driver, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Collector, type CollectorOptions, startCollector } from '../../../test/servers/collector.js'
import { fetchNewestPython } from '../../../test/servers/python-osprofiler.js'
import { finish, startProgram } from './child.js'
import { makeRecord } from './make-record.js'
import { startOtlpReceiver } from './otlp-receiver.js'

interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

interface CollectedRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[] }[]
}

const FORMATS = ['?protocol=http/protobuf', '?protocol=http/json', '?compression=gzip']
const QUICK = { minBackoff: 20, maxBackoff: 50 }

let collector: Collector
beforeAll(async () => {
  collector = await startCollector()
})
afterAll(() => collector.stop())

describe('otlp:// with a real collector', () => {
  it.each(FORMATS)('sends the same spans to the collector and to the stand-in, with %s', async format => {
    const receiver = await startOtlpReceiver()
    const records = [...makePoint(), ...makePoint({ name: 'db' }), ...makePoint({ name: 'é漢😀' })]
    const [baseId] = records.map(({ base_id }) => base_id)
    const trace = records.map(record => ({ ...record, base_id: baseId ?? '', parent_id: baseId ?? '' }))

    await open(`${collector.url}${format}`).write(trace)
    await open(`otlp://127.0.0.1:${receiver.port}${format}`).write(trace)

    const spans = receiver.spans.map(({ traceId, spanId, name, kind, start, end }) => {
      return { traceId, spanId, name, kind, startTimeUnixNano: String(start), endTimeUnixNano: String(end) }
    })
    const traceId = spans[0]?.traceId
    await expect.poll(() => collected().filter(span => span.traceId === traceId)).toHaveLength(3)
    expect(collected().filter(span => span.traceId === traceId)).toMatchObject(spans)
  })

  it.each([
    ['application/json', undefined, '{"resourceSpans":[]}'],
    ['application/json', 'gzip', gzipSync('{"resourceSpans":[]}')],
    ['application/x-protobuf', undefined, new Uint8Array()],
  ])('gets the same answer from the collector as from the stand-in (%s, encoding %s)', async (type, encoding, body) => {
    const receiver = await startOtlpReceiver()
    const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }

    const [real, ours] = await Promise.all(
      [collector, receiver].map(async ({ port }) => {
        const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body })
        const { status, headers: answered } = answer
        return { status, type: answered.get('content-type'), text: await answer.text() }
      }),
    )

    expect(ours).toEqual(real)
    expect(real?.status).toBe(200)
  })

  it('drops no record and repeats no span if the collector is killed and restarted under load', async () => {
    const driver = open(collector.url)
    const notifier = createNotifier(driver, QUICK)
    const sent: string[] = []
    const load = setInterval(() => {
      const point = makePoint()
      sent.push(...point.map(({ base_id }) => base_id).slice(0, 1))
      for (const record of point) notifier(record)
    }, 2)
    onTestFinished(() => clearInterval(load))

    await expect.poll(() => notifier.stats.written).toBeGreaterThan(50)
    await collector.kill()
    await expect.poll(() => notifier.stats.retried).toBeGreaterThan(0)
    await collector.restart()
    const before = notifier.stats.written
    await expect.poll(() => notifier.stats.written).toBeGreaterThan(before + 50)
    clearInterval(load)
    await notifier.close(30_000)

    const { emitted, written, dropped, unknown } = notifier.stats
    expect(written + unknown).toBe(emitted)
    expect(dropped).toBe(0)
    const traces = new Set(sent.map(id => id.replaceAll('-', '')))
    const kept = () => collected().filter(({ traceId }) => traces.has(traceId))
    // The crash loses the spans that the collector had accepted but not yet written to its file.
    await expect.poll(() => kept().length).toBeGreaterThan(50)
    expect(new Set(kept().map(({ spanId }) => spanId)).size).toBe(kept().length)
  })

  it('joins the spans of Python and Node.js in one trace', async () => {
    const [start, stop] = makePoint()
    const within = { base_id: start?.base_id, parent_id: start?.trace_id, info: { host: 'nova-1' } }
    const call = { ...makePoint({ name: 'rpc' })[0], ...within }

    await open(collector.url).write([start, stop].flatMap(record => record ?? []))
    await sendWithPython(`${collector.url}`, [call, { ...call, name: 'rpc-stop' }])

    const traceId = start?.base_id.replaceAll('-', '')
    const kept = () => collected().filter(span => span.traceId === traceId)
    await expect.poll(kept).toHaveLength(2)
    const [root, nested] = [...kept()].sort((one, other) => Number(!!one.parentSpanId) - Number(!!other.parentSpanId))
    expect(nested?.parentSpanId).toBe(root?.spanId)
  })
})

describe('otlp:// with a real collector that has limits', () => {
  it.each<[string, CollectorOptions, string, RegExp]>([
    ['requests without its token', { token: 'SEALED' }, '', /401.*OTEL_EXPORTER_OTLP_HEADERS/],
    ['requests to another path', {}, '/elsewhere', /404.*path/],
  ])('rejects a write if the collector refuses %s, and says what to do', async (_, options, path, message) => {
    const server = await startCollector(options)
    onTestFinished(() => server.stop())

    const writing = open(`${server.url}${path}`).write(makePoint())

    await expect(writing).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
  })

  it('delivers the spans in smaller requests if the collector refuses large requests', async () => {
    const server = await startCollector({ maxRequestBytes: 20_000 })
    onTestFinished(() => server.stop())
    const notifier = createNotifier(open(server.url), QUICK)

    for (let points = 0; points < 200; points++) for (const record of makePoint()) notifier(record)
    await notifier.close(30_000)

    expect(notifier.stats).toMatchObject({ emitted: 400, written: 400, dropped: 0 })
    await expect.poll(() => spansOf(server)).toHaveLength(200)
  })
})

function spansOf(server: Collector): CollectedSpan[] {
  const requests = server.requests() as CollectedRequest[]
  return requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  )
}

function collected(): CollectedSpan[] {
  return spansOf(collector)
}

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString)
  onTestFinished(() => driver.close())
  return driver
}

function makePoint({ name = 'wsgi' } = {}): TraceRecord[] {
  const start = makeRecord({ name: `${name}-start` })
  return [start, { ...makeRecord(start), name: `${name}-stop`, timestamp: makeRecord().timestamp }]
}

/**
 * Sends records with OSProfiler 4, the only version with an OTLP driver. That driver sends the records when its process
 * ends.
 */
async function sendWithPython(url: string, records: readonly object[]): Promise<void> {
  const program = [
    'import json, sys',
    'from osprofiler import opts',
    'from oslo_config import cfg',
    'from osprofiler.drivers.otlp import OTLP',
    'opts.set_defaults(cfg.CONF)',
    'driver = OTLP(sys.argv[1], project="nova", service="compute", conf=cfg.CONF)',
    'for line in sys.stdin: driver.notify(json.loads(line))',
    'driver.trace_api.get_tracer_provider().shutdown()',
  ].join('\n')
  const child = startProgram(await fetchNewestPython(), ['-c', program, url])
  child.stdin.end(records.map(record => `${JSON.stringify(record)}\n`).join(''))
  const { code, stderr } = await finish(child)
  expect(code, stderr).toBe(0)
}
