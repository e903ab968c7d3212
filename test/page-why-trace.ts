import type { TraceRecord } from '@osprofiler/core'
import { createPointId, recordPoints, TRACE_ID } from './page-trace.js'

type Stretch = readonly [fromMs: number, toMs: number, cause: number]

const at = (line: number, name: string) => ({ function: name, file: 'src/orders.ts', line })

/** The causes in the account of `createWhyTrace`. An account says where a request's own time went: see docs/why.md. */
const CAUSES = [
  { kind: 'cpu', ...at(33, 'sumPrices'), hotFile: 'src/orders.ts', hotLine: 38, hotShare: 0.57, times: 12 },
  { kind: 'sync', what: 'readFileSync', ...at(45, 'loadRates'), times: 1 },
  { kind: 'wait', what: 'timer', ...at(67, 'politeRetry'), times: 1 },
  { kind: 'held', by: 'rebuildIndex', byFile: 'src/index.ts', byLine: 93, times: 2 },
  { kind: 'pool', by: '4 x crypto', ...at(62, 'compress'), times: 1 },
  { kind: 'gc', what: 'scavenge', ...at(74, 'makeGarbage'), times: 2 },
  { kind: 'cpu', ...at(12, '<script>alert(1)</script>'), via: 'lodash', times: 3 },
  {
    kind: 'either',
    what: 'fs',
    ...at(57, 'loadInvoices'),
    by: 'rebuildIndex',
    byFile: 'src/index.ts',
    byLine: 93,
    times: 1,
  },
] as const

const TIMELINE: readonly Stretch[] = [
  [20, 164, 0],
  [164, 196, 1],
  [300, 359, 2],
  [359, 407, 3],
  [407, 445, 4],
  [445, 470, 5],
  [470, 510, 6],
  [510, 540, 7],
  [540, 580, -1],
]

/** Creates a request of 600 ms with a step, a query, and an account of its own time. */
export function createWhyTrace(): TraceRecord[] {
  const service = 'orders'
  const records = recordPoints([
    {
      name: 'wsgi',
      service,
      fromMs: 0,
      toMs: 600,
      info: { request: { method: 'GET', path: '/orders', query: '', scheme: 'http' } },
      stopInfo: { response: { status_code: 200, first_byte_ms: 590, ended_ms: 595, body_bytes: 12_345 } },
      children: [
        { name: 'parse', service, fromMs: 10, toMs: 200 },
        {
          name: 'db',
          service,
          fromMs: 210,
          toMs: 290,
          info: { db: { statement: 'SELECT *\nFROM orders\nWHERE customer = ?', params: [] } },
          stopInfo: { db: { rows: 48_210 } },
        },
      ],
    },
  ])
  const info = {
    ...{ version: 1, level: 'cpu', at: records[0]?.timestamp, wallMs: 600, cut: true },
    causes: CAUSES.map((cause, index) => ({ ms: sumOf(index), ...cause })),
    rest: { ms: sumOf(-1), causes: 7 },
    timeline: TIMELINE.map(([from, to, cause]) => `${from * 1000},${(to - from) * 1000},${cause}`).join(' '),
    costs: { startMs: 12 },
  }
  const stop = records.find(({ name }) => name === 'wsgi-stop')
  const common = {
    ...stop,
    trace_id: '00000000-0000-4000-8000-0000000000ff',
    parent_id: createPointId(1),
  } as TraceRecord
  return [
    ...records,
    { ...common, base_id: TRACE_ID, name: 'why-start', info: { host: 'orders-host', why: info } },
    { ...common, base_id: TRACE_ID, name: 'why-stop', info: { host: 'orders-host' } },
  ]
}

function sumOf(cause: number): number {
  return TIMELINE.reduce((sum, [from, to, index]) => sum + (index === cause ? to - from : 0), 0)
}
