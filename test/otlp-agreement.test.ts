import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { openDriver } from '@osprofiler/drivers'
import { buildReport, exportOtlp, parseRecords } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../packages/drivers/test/otlp-receiver.js'

/** Numbers that Python and JavaScript write differently. */
const EXACT_NUMBERS = parseJson('[9007199254740993, -18446744073709551616, 1.0, 1e-07, 1e+16]') as unknown[]
/** Attributes that only an exported file has. They contain the records, so that the command can read them back. */
const EXPORT_ATTRIBUTES = ['osprofiler.order', 'osprofiler.records']
const TRACES = new URL('fixtures/conformance/traces/', import.meta.url)

describe('an otlp:// store and an exported report', () => {
  it.each(readdirSync(fileURLToPath(TRACES)).filter(name => name.endsWith('.jsonl')))(
    'agree on each span of a trace that Glance recorded: %s',
    async name => {
      const receiver = await startOtlpReceiver()
      const records = parseRecords(readFileSync(new URL(name, TRACES), 'utf8')).reverse()

      const [sent, exported] = [await send(receiver, [records]), await post(receiver, records)]

      expect(sent.length).toBeGreaterThan(0)
      expect(sent).toEqual(exported)
    },
  )

  it.each(createSamples())('agree on %s', async (_, name, start, stop) => {
    const receiver = await startOtlpReceiver()
    const records = toRecords(randomUUID(), [
      { name: 'wsgi', start: { request: { method: 'GET', path: '/' } }, stop: {}, parent: -1, service: 'a', us: 5 },
      { name, start, stop, parent: 0, service: 'a', us: 0 },
      { name, start, stop, parent: 0, service: 'b', us: 3 },
      { name, start, stop, parent: -1, service: 'b', us: 3 },
    ])

    const [sent, exported] = [await send(receiver, [records]), await post(receiver, records)]

    expect(sent).toHaveLength(4)
    expect(sent).toEqual(exported)
  })

  it('agree on each span of generated traces, however the records are batched', async () => {
    const receiver = await startOtlpReceiver()

    await fc.assert(
      fc.asyncProperty(baseIds, fc.array(points, { minLength: 1, maxLength: 12 }), fc.nat(9), async (id, made, cut) => {
        const records = toRecords(id, made)
        const batches = [records.slice(0, cut), records.slice(cut)]

        const [sent, exported] = [await send(receiver, batches), await post(receiver, records)]

        expect(sent).toHaveLength(made.length)
        expect(sent).toEqual(exported)
      }),
      { numRuns: 200 },
    )
  })

  it('agree on points whose records are missing, repeated or out of order', async () => {
    const receiver = await startOtlpReceiver()

    await fc.assert(
      fc.asyncProperty(
        baseIds,
        fc.array(oddPoints, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (id, made, keys) => {
          const records = shuffle(toOddRecords(id, made), keys)

          const [sent, exported] = [await send(receiver, [records]), await post(receiver, records)]

          expect(sent).toEqual(exported)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('agree on points without a stop and on repeated starts, however the records are batched', async () => {
    const receiver = await startOtlpReceiver()

    await fc.assert(
      fc.asyncProperty(
        baseIds,
        fc.array(openPoints, { minLength: 1, maxLength: 6 }),
        fc.nat(12),
        async (id, made, cut) => {
          const records = toOddRecords(id, made)
          const batches = [records.slice(0, cut), records.slice(cut)]

          const [sent, exported] = [await send(receiver, batches), await post(receiver, records)]

          expect(sent).toEqual(exported)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('agree on a point whose start record arrives after its stop record', async () => {
    const receiver = await startOtlpReceiver()
    const records = toRecords(randomUUID(), [
      { name: 'step', start: { a: 1 }, stop: { b: 2 }, parent: -1, service: 'a', us: 5 },
    ])

    const sent = await send(receiver, [records.slice(1), records.slice(0, 1)])

    const { 'osprofiler.update': update, ...attributes } = sent[1]?.attributes ?? {}
    expect(sent).toHaveLength(2)
    expect(update).toBe(true)
    expect([{ ...sent[1], attributes }]).toEqual(await post(receiver, records))
  })

  it('agree on a point whose records arrive again after its span was sent', async () => {
    const receiver = await startOtlpReceiver()
    const records = toRecords(randomUUID(), [{ name: 'step', start: {}, stop: {}, parent: -1, service: 'a', us: 5 }])

    const sent = await send(receiver, [records, records.slice(1), records])

    expect(sent).toEqual(await post(receiver, records))
  })
})

/** A point whose records may be missing, repeated or contradictory. */
interface OddPoint {
  readonly name: string
  /** One entry for each start record and each stop record. */
  readonly starts: readonly OddRecord[]
  readonly stops: readonly OddRecord[]
}

interface OddRecord {
  readonly parent: number
  readonly name: string
  readonly service: string
}

interface PointSpec {
  readonly name: string
  readonly start: unknown
  readonly stop: unknown
  /**
   * Index of the parent among the points. -1 means that the trace itself is the parent. The index of the point itself
   * or of a later point means a parent in another program.
   */
  readonly parent: number
  readonly service: string
  readonly us: number
}

function createSamples(): [string, string, object, object][] {
  return [
    [
      'a served request',
      'wsgi',
      { request: { method: 'get', path: '/7', query: 'a=1' } },
      { response: { status_code: 404 } },
    ],
    ['a served request that failed', 'wsgi', { request: {} }, { response: { status_code: 503 } }],
    ['a served request whose route is known', 'wsgi', { request: { method: 'GET' } }, { request: { route: '/:id' } }],
    ['a wsgi point without info', 'wsgi', {}, {}],
    ['an outgoing request', 'http', createClientSample('/items/7'), { requests: { status_code: 404 } }],
    ['an outgoing request from Python', 'https', { requests: { method: 'PURGE', hostname: '::1', port: 80 } }, {}],
    [
      'a query',
      'db',
      { db: { statement: 'SELECT * FROM orders WHERE id = 7', params: { id: [1, 2n ** 3n < 9n] } } },
      {},
    ],
    [
      'a query from a program that uses another name for queries',
      'neutron.db',
      { db: { statement: 'find orders {a: ?}' } },
      {},
    ],
    ['a db point without info', 'db', {}, {}],
    [
      'a message that amqplib publishes',
      'rpc',
      { function: { name: 'publish shop/orders' }, amqp: { exchange: 'shop' } },
      {},
    ],
    ['a message that amqplib consumes', 'rpc', { function: { name: 'consume jobs' }, amqp: { queue: 'jobs' } }, {}],
    ['a message that kafkajs sends', 'rpc', { function: { name: 'publish orders' } }, {}],
    ['a message that kafkajs receives', 'rpc', { function: { name: 'consume orders' } }, {}],
    ['a NATS request', 'rpc', { function: { name: 'request orders.7.price' } }, {}],
    ['a job from a queue', 'job', { messaging: { system: 'bullmq', operation: 'process', destination: 'mail' } }, {}],
    ['a gRPC call', 'rpc', { function: { name: '/shop.Orders/Create' } }, {}],
    ['an oslo.messaging call', 'rpc', { function: { name: 'Manager.create', args: '(1,)', kwargs: '{}' } }, {}],
    ['an exception', 'step', {}, { etype: 'ValueError', message: 'x'.repeat(30_000) }],
    [
      'numbers',
      'step',
      {
        big: 2 ** 64,
        unsafe: 2 ** 53 + 2,
        huge: 1e300,
        half: 0.5,
        less: -1,
        none: Number.NaN,
        most: -Infinity,
        exact: EXACT_NUMBERS,
        list: [2 ** 64, 1],
      },
      {},
    ],
    ['hostile strings', '\ud800-\0', { '\udfff': '\ud800', a: '\0', long: '漢'.repeat(50_000), deep: nest(200) }, {}],
    [
      'more attributes than a span can contain',
      'step',
      Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`m${at}`, 'x'.repeat(9_000)])),
      {},
    ],
  ]
}

function createClientSample(path: string): object {
  return { requests: { method: 'GET', scheme: 'http', hostname: 'catalog', port: 8080, path, query: 'q' } }
}

function nest(depth: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom('GET', '/a/7', '__proto__', '\ud800', 'publish a.7', 'consume a', '/a.B/C', 'SELECT a FROM b'),
)
const json = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }).map(value => JSON.parse(JSON.stringify(value))),
  fc.constantFrom(...EXACT_NUMBERS, Number.NaN, 2 ** 64),
)
const members = fc.dictionary(text, json, { maxKeys: 4, noNullPrototype: true })
const baseIds = fc.oneof(
  fc.uuid(),
  text.filter(id => id !== ''),
)
const points: fc.Arbitrary<PointSpec> = fc.record({
  name: fc.oneof(
    fc.constantFrom('wsgi', 'http', 'db', 'rpc', 'step'),
    text.filter(name => name !== ''),
  ),
  start: fc.oneof(
    members,
    fc.record({ request: fc.record({ method: text, path: json, query: text }, { requiredKeys: [] }) }),
    fc.record({
      requests: fc.record({ method: text, hostname: json, port: json, scheme: text }, { requiredKeys: [] }),
    }),
    fc.record({
      db: fc.record({ statement: json, params: json, system: text }, { requiredKeys: [] }),
      ...{ host: text },
    }),
    fc.record(
      { function: fc.record({ name: text, args: json }, { requiredKeys: [] }), amqp: members },
      { requiredKeys: [] },
    ),
    fc.record({ function: fc.record({ name: text }), messaging: fc.record({ operation: text, destination: json }) }),
  ),
  stop: fc.oneof(
    members,
    fc.record({ etype: json, message: json }, { requiredKeys: [] }),
    fc.record({ response: fc.record({ status_code: fc.integer({ min: 100, max: 600 }) }) }),
    fc.record({ requests: fc.record({ status_code: fc.integer({ min: 100, max: 600 }) }) }),
  ),
  parent: fc.integer({ min: -1, max: 14 }),
  service: fc.constantFrom('a', 'b', ''),
  us: fc.nat(3),
})

/**
 * Negative indexes of a parent, for parents that are not points of the trace: no parent, the trace itself, and a point
 * in another program.
 */
const [NONE, TRACE, ELSEWHERE] = [-3, -2, -1]
const oddRecords = fc.record({
  parent: fc.oneof(fc.constantFrom(NONE, TRACE, ELSEWHERE), fc.nat(5)),
  name: fc.constantFrom('', '', '', 'other'),
  service: fc.constantFrom('a', 'b'),
})
const oddPoints: fc.Arbitrary<OddPoint> = fc.record({
  name: fc.constantFrom('rpc', 'step'),
  starts: fc.array(oddRecords, { maxLength: 2 }),
  stops: fc.array(oddRecords, { maxLength: 2 }),
})
const openPoints: fc.Arbitrary<OddPoint> = fc
  .record({
    name: fc.constantFrom('rpc', 'step'),
    one: oddRecords,
    count: fc.integer({ min: 1, max: 2 }),
    isOpen: fc.boolean(),
  })
  .map(({ name, one, count, isOpen }) => ({ name, starts: Array(count).fill(one), stops: isOpen ? [] : [one] }))

/** Creates records ordered by time: all starts, then all stops. No two records have the same time. */
function toOddRecords(base_id: string, made: readonly OddPoint[]): TraceRecord[] {
  const ids = made.map(() => randomUUID())
  let us = Date.UTC(2026, 10, 22, 10) * 1000
  const toParent = (parent: number): string =>
    parent === NONE ? '' : parent === ELSEWHERE ? 'elsewhere' : (ids[parent] ?? base_id)
  const toRecord = (at: number, ending: string, { parent, name, service }: OddRecord): TraceRecord => ({
    name: `${made[at]?.name}${name}-${ending}`,
    base_id,
    trace_id: ids[at] ?? '',
    parent_id: toParent(parent),
    timestamp: toTimestamp(us++),
    info: { [ending]: us },
    project: 'shop',
    service,
  })
  return [
    ...made.flatMap(({ starts }, at) => starts.map(start => toRecord(at, 'start', start))),
    ...made.flatMap(({ stops }, at) => stops.map(stop => toRecord(at, 'stop', stop))),
  ]
}

function shuffle(records: readonly TraceRecord[], keys: Iterable<number>): TraceRecord[] {
  const key = keys[Symbol.iterator]()
  return records
    .map(record => ({ record, rank: Number(key.next().value) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ record }) => record)
}

/** Creates records ordered by time: all starts, then all stops. */
function toRecords(base_id: string, made: readonly PointSpec[]): TraceRecord[] {
  const ids = made.map(() => randomUUID())
  const begun = Date.UTC(2026, 10, 22, 10) * 1000
  const starts = made.map(({ name, start, parent, service }, at) => ({
    name: `${name}-start`,
    base_id,
    trace_id: ids[at] ?? '',
    parent_id: parent < 0 ? base_id : ((parent < at ? ids[parent] : undefined) ?? `elsewhere ${parent}`),
    timestamp: toTimestamp(begun + at),
    info: start as Record<string, unknown>,
    project: 'shop',
    service,
  }))
  const stops = starts.map((record, at) => ({
    ...record,
    name: `${made[at]?.name}-stop`,
    timestamp: toTimestamp(begun + at + (made[at]?.us ?? 0)),
    info: made[at]?.stop as Record<string, unknown>,
  }))
  return [...starts, ...stops]
}

function toTimestamp(us: number): string {
  return `${new Date(us / 1000).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}`
}

async function send(receiver: OtlpReceiver, batches: readonly (readonly TraceRecord[])[]): Promise<ReceivedSpan[]> {
  const driver = openDriver(`otlp://127.0.0.1:${receiver.port}`)
  const before = receiver.spans.length
  for (const batch of batches) await driver.write(batch)
  await driver.close()
  return sortSpans(receiver.spans.slice(before))
}

async function post(receiver: OtlpReceiver, records: readonly TraceRecord[]): Promise<ReceivedSpan[]> {
  const before = receiver.spans.length
  const headers = { 'content-type': 'application/json' }
  const body = [...exportOtlp(buildReport(records))].join('')
  await fetch(`http://127.0.0.1:${receiver.port}/v1/traces`, { method: 'POST', headers, body })
  return sortSpans(receiver.spans.slice(before))
}

function sortSpans(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans
    .map(span => ({
      ...span,
      attributes: Object.fromEntries(
        Object.entries(span.attributes).filter(([key]) => !EXPORT_ATTRIBUTES.includes(key)),
      ),
    }))
    .sort((a, b) => (a.spanId < b.spanId ? -1 : 1))
}
