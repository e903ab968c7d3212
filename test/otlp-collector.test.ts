import { randomUUID } from 'node:crypto'
import { createNotifier, type QueueNotifier, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { buildReport, exportOtlp, exportOtlpParts } from '@osprofiler/report'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeRecord } from '../packages/drivers/test/make-record.js'
import { startOtlpReceiver } from '../packages/drivers/test/otlp-receiver.js'
import { temporaryDirectory } from '../packages/drivers/test/temporary-directory.js'
import { type Collector, type CollectorOptions, startCollector } from './servers/collector.js'
import { makeCertificate } from './servers/make-certificate.js'

const QUICK_RETRY = { minBackoff: 10, maxBackoff: 50 }
const FORMATS = ['http/protobuf', 'http/json']
/** Attributes that only an exported file has. They contain the records, so that the command can read them back. */
const EXPORT_ATTRIBUTES = ['osprofiler.order', 'osprofiler.records']

interface Span {
  readonly spanId: string
  readonly attributes: readonly { readonly key: string; readonly value: object }[]
}

describe('a collector', () => {
  it.each(FORMATS)('accepts records with any values from otlp://, in %s', async protocol => {
    const collector = await start()
    const driver = openDriver(`${collector.url}?protocol=${protocol}`)
    const notifier = createNotifier(driver)

    for (const info of HOSTILE_INFOS) emit(notifier, { info })
    emit(notifier, { timestamp: '9999-12-31T23:59:59.000000' })
    await notifier.close(30_000)
    await driver.close()

    const { length } = HOSTILE_INFOS
    expect(notifier.stats).toMatchObject({ emitted: 2 * length + 2, written: 2 * length + 2, dropped: 0, unknown: 0 })
    await expect.poll(() => readSpans(collector).length).toBe(length + 1)
  })

  it.each(FORMATS)(
    'accepts records in several requests if a single request would be too large, in %s',
    async protocol => {
      const collector = await start({ maxRequestBytes: 1_000_000 })
      const driver = openDriver(`${collector.url}?protocol=${protocol}`)
      const notifier = createNotifier(driver)
      const text = '漢'.repeat(10_000)

      for (let point = 0; point < 100; point++) emit(notifier, { info: { first: text, second: text, third: text } })
      await notifier.close(30_000)
      await driver.close()

      expect(notifier.stats).toMatchObject({ emitted: 200, written: 200, dropped: 0, unknown: 0 })
      await expect.poll(() => readSpans(collector).length).toBe(100)
    },
  )

  it('refuses only the one point that is too large, and accepts all others', async () => {
    const collector = await start({ maxRequestBytes: 50_000 })
    const driver = openDriver(collector.url)
    const notifier = createNotifier(driver)

    for (let point = 0; point < 200; point++)
      emit(notifier, point === 70 ? { info: { text: '漢'.repeat(20_000) } } : {})
    await notifier.close(30_000)
    await driver.close()

    expect(notifier.stats).toMatchObject({ emitted: 400, written: 398, dropped: 2, unknown: 0 })
    await expect.poll(() => readSpans(collector).length).toBe(199)
  })

  it('accepts the same spans from an exported file, even if the export has several parts', async () => {
    const collector = await start()
    const records = HOSTILE_INFOS.flatMap(info => createPoint({ base_id: BASE_ID, parent_id: BASE_ID, info }))
    const driver = openDriver(collector.url)

    await driver.write(records)
    await driver.close()
    await expect.poll(() => readSpans(collector).length).toBe(HOSTILE_INFOS.length)
    const sent = sortSpans(readSpans(collector))
    const report = buildReport(records)
    const parts = [...exportOtlpParts(report, 3_000_000)].map(part => [...part].join(''))
    for (const document of [[...exportOtlp(report)].join(''), ...parts]) await post(collector, document)

    expect(parts.length).toBeGreaterThan(1)
    await expect.poll(() => readSpans(collector).length).toBe(3 * HOSTILE_INFOS.length)
    const exported = readSpans(collector).slice(HOSTILE_INFOS.length)
    expect(sortSpans(exported.slice(0, HOSTILE_INFOS.length))).toEqual(sent)
    expect(sortSpans(exported.slice(HOSTILE_INFOS.length))).toEqual(sent)
  })
})

describe('a collector that refuses all requests', () => {
  it('is reported if the token is missing', async () => {
    const collector = await start({ token: 'right' })

    const wrong = await captureRefusal(collector.url)

    expect(wrong).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(/401.*OTLP_HEADERS/) })
  })

  it.each([
    ['another path', (url: string) => `${url}/elsewhere`, /404.*path/],
    ['TLS at a port without TLS', (url: string) => url.replace('otlp:', 'otlp+https:'), /does not speak TLS/],
  ])('is reported if the connection string names %s', async (_, change, message) => {
    const collector = await start()

    expect(await captureRefusal(change(collector.url))).toMatchObject({ message: expect.stringMatching(message) })
  })

  it('is reported if it uses TLS and requires a client certificate', async () => {
    const { certificateFile, keyFile } = await makeCertificate(temporaryDirectory())
    const collector = await start({ tls: { certificateFile, keyFile, clientCaFile: certificateFile } })
    const secure = `otlp+https://localhost:${collector.port}`

    const [plain, untrusted, unknown] = [
      await captureRefusal(collector.url),
      await captureRefusal(secure),
      await captureRefusal(`${secure}?certificate=${certificateFile}`),
    ]

    expect([plain, untrusted, unknown]).toMatchObject([
      { message: expect.stringMatching(/otlp\+https/) },
      { message: expect.stringMatching(/not trusted/) },
      { message: expect.stringMatching(/asks for a client certificate/) },
    ])
  })
})

describe('the stand-in for a collector', () => {
  it.each(FORMATS)('gives the same responses as a real collector, in %s', async protocol => {
    const collector = await start()
    const standIn = await startOtlpReceiver()
    const headers = { 'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf' }
    const bodies = protocol === 'http/json' ? ['{}', '{"resourceSpans":[]}', 'no'] : ['', 'no']

    const [real, imitated] = await Promise.all(
      [collector, standIn].map(({ port }) => collectAnswers(port, bodies, headers)),
    )

    expect(imitated).toEqual(real)
  })
})

const BASE_ID = randomUUID()
const HOSTILE_INFOS: readonly Record<string, unknown>[] = [
  ...[2 ** 63, 2 ** 64, -(2 ** 63) - 2 ** 11, 1e21, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, -0, 0.1],
  ...['\ud800', '\udfff\ud800', '\0', '\u0001'.repeat(100_000), 'x'.repeat(1_000_000), '漢'.repeat(1_000_000)],
  ...[[2 ** 64, Number.NaN, '\ud800'], nest(40), nest(3_000), [], {}, null, true],
].map(value => ({ value, db: { statement: String(value).slice(0, 30_000), params: { value } } }))

function nest(depth: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < depth; level++) value = { in: value }
  return value
}

async function start(options?: CollectorOptions): Promise<Collector> {
  const collector = await startCollector(options)
  onTestFinished(() => collector.stop())
  return collector
}

function createPoint(members: Partial<TraceRecord>): TraceRecord[] {
  const start = makeRecord(members)
  return [start, { ...start, name: 'wsgi-stop', info: {} }]
}

function emit(notifier: QueueNotifier, members: Partial<TraceRecord>): void {
  for (const record of createPoint(members)) notifier(record)
}

async function captureRefusal(connectionString: string): Promise<unknown> {
  const driver = openDriver(connectionString)
  const notifier = createNotifier(driver, QUICK_RETRY)
  const refusal = new Promise(resolve => notifier.on('error', resolve))
  notifier(makeRecord())
  const error = await refusal
  expect(notifier.stats).toMatchObject({ written: 0, dropped: 0, unknown: 0, queued: 1 })
  await Promise.all([notifier.close(1), driver.close(1)])
  return error
}

async function post({ port }: Collector, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
}

async function collectAnswers(
  port: number,
  bodies: readonly string[],
  headers: Record<string, string>,
): Promise<unknown[]> {
  const all: unknown[] = []
  for (const body of bodies) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body })
    const isGood = answer.status === 200
    all.push([
      answer.status,
      isGood && answer.headers.get('content-type'),
      isGood && JSON.stringify(await answer.text()),
    ])
  }
  return all
}

function readSpans(collector: Collector): Span[] {
  type Request = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }
  return (collector.requests() as Request[]).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  )
}

function sortSpans(spans: readonly Span[]): Span[] {
  return spans
    .map(span => ({ ...span, attributes: span.attributes.filter(({ key }) => !EXPORT_ATTRIBUTES.includes(key)) }))
    .sort((a, b) => (a.spanId < b.spanId ? -1 : 1))
}
