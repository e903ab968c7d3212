import type { TraceRecord } from '@osprofiler/core'

/** A point to record. Times are in milliseconds since the start of the trace. */
export interface PlannedPoint {
  readonly name: string
  readonly service: string
  readonly fromMs: number
  /** `undefined` for a point that never stops. */
  readonly toMs: number | undefined
  readonly info?: Readonly<Record<string, unknown>>
  readonly stopInfo?: Readonly<Record<string, unknown>>
  readonly children?: readonly PlannedPoint[]
}

export const TRACE_ID = '0199f000-0000-7000-8000-000000000000'

/** Returns the id of the nth recorded point. Parents are recorded before their children. */
export function createPointId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** Creates the two records of each point, as services would send them. */
export function recordPoints(points: readonly PlannedPoint[]): TraceRecord[] {
  const records: TraceRecord[] = []
  const waiting = points.map(point => ({ point, parent: TRACE_ID })).reverse()
  let number = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, service, fromMs, toMs, info, stopInfo, children = [] } = next.point
    const id = createPointId(++number)
    const record = (suffix: string, ms: number, told: object): TraceRecord => ({
      name: `${name}-${suffix}`,
      base_id: TRACE_ID,
      parent_id: next.parent,
      trace_id: id,
      timestamp: formatTimestamp(ms),
      info: { host: `${service}-host`, ...told },
      project: 'shop',
      service,
    })
    records.push(record('start', fromMs, info ?? {}))
    if (toMs !== undefined) records.push(record('stop', toMs, stopInfo ?? {}))
    for (const point of children.toReversed()) waiting.push({ point, parent: id })
  }
  return records
}

/**
 * Creates a request through two services, with a slow query, twelve similar queries, a failure, and a point that never
 * ends.
 */
export function createShopTrace(): TraceRecord[] {
  const items = Array.from({ length: 12 }, (_, index) => ({
    name: 'db',
    service: 'orders',
    fromMs: 300 + index * 20,
    toMs: 315 + index * 20,
    info: { db: { statement: `SELECT sku FROM items WHERE order_id = ${index}`, params: {} } },
  }))
  const orders: PlannedPoint = {
    name: 'wsgi',
    service: 'orders',
    fromMs: 20,
    toMs: 600,
    info: { request: { method: 'GET', path: '/orders', query: '', scheme: 'http' } },
    stopInfo: { response: { status_code: 200 } },
    children: [
      {
        name: 'db',
        service: 'orders',
        fromMs: 30,
        toMs: 290,
        info: { db: { statement: 'SELECT * FROM orders WHERE customer = 7', params: {} } },
      },
      ...items,
    ],
  }
  return recordPoints([
    {
      name: 'wsgi',
      service: 'gateway',
      fromMs: 0,
      toMs: 1000,
      info: { request: { method: 'GET', path: '/customers/7', query: '', scheme: 'http' } },
      stopInfo: { response: { status_code: 200 } },
      children: [
        orders,
        {
          name: 'mail',
          service: 'gateway',
          fromMs: 620,
          toMs: 700,
          info: { function: { name: 'mail.Sender.send' } },
          stopInfo: { etype: 'MailError', message: 'no such mailbox' },
        },
        { name: 'audit', service: 'gateway', fromMs: 720, toMs: undefined },
      ],
    },
  ])
}

function formatTimestamp(ms: number): string {
  const at = new Date(Date.UTC(2026, 10, 22, 12) + Math.floor(ms)).toISOString()
  return `${at.slice(0, 23)}${String(Math.round((ms % 1) * 1000)).padStart(3, '0')}`
}
