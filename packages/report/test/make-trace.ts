import type { TraceRecord } from '@osprofiler/core'

export const BASE_ID = '019aab00-0000-7000-8000-000000000000'

/** A point of a test's trace. Times are in microseconds since the start of the trace. */
export interface Point {
  readonly id: string
  readonly parent?: string
  readonly name?: string
  readonly service?: string
  readonly host?: string
  readonly from: number
  /** `undefined` for a point that never stops. */
  readonly to?: number
  readonly info?: Record<string, unknown>
  readonly stopInfo?: Record<string, unknown>
}

export function timestamp(us: number): string {
  const date = new Date(Date.UTC(2026, 10, 22, 11, 0, 0) + Math.floor(us / 1000))
  return `${date.toISOString().slice(0, 23)}${String(us % 1000).padStart(3, '0')}`
}

export function recordsOf(point: Point): TraceRecord[] {
  const { id, parent = BASE_ID, name = 'point', service = 'api', host = 'vm', from, to } = point
  const common = { base_id: BASE_ID, parent_id: parent, trace_id: id, project: 'shop', service }
  const start = { ...common, name: `${name}-start`, timestamp: timestamp(from), info: { ...point.info, host } }
  if (to === undefined) return [start]
  return [start, { ...common, name: `${name}-stop`, timestamp: timestamp(to), info: { ...point.stopInfo, host } }]
}

export function makeTrace(...points: readonly Point[]): TraceRecord[] {
  return points.flatMap(recordsOf)
}

export function served(path: string, status = 200): Pick<Point, 'name' | 'info' | 'stopInfo'> {
  return {
    name: 'wsgi',
    info: { request: { path, query: '', method: 'GET', scheme: 'http' } },
    stopInfo: { response: { status_code: status } },
  }
}

/** Works like `served`, but for a service that records its routes. */
export function routed(path: string, route: string, status = 200): Pick<Point, 'name' | 'info' | 'stopInfo'> {
  return { ...served(path), stopInfo: { request: { route }, response: { status_code: status } } }
}

export function sent(hostname: string, port: number, path: string): Pick<Point, 'name' | 'info' | 'stopInfo'> {
  return {
    name: 'http',
    info: { requests: { method: 'GET', query: '', path, hostname, port, scheme: 'http' } },
    stopInfo: { requests: { status_code: 200 } },
  }
}

export function query(statement: string): Pick<Point, 'name' | 'info'> {
  return { name: 'db', info: { db: { statement, params: [] } } }
}

/**
 * Returns a trace: a gateway calls catalog and orders. Orders makes one slow query, and one query for each of twenty
 * items.
 */
export function makeShopTrace(): TraceRecord[] {
  const items = Array.from({ length: 20 }, (_, index) => ({
    id: `item-${index}`,
    parent: 'orders',
    service: 'orders',
    ...query('SELECT items.id AS items_id, items.title AS items_title FROM items WHERE id = ?'),
    from: 118_000 + index * 2600,
    to: 120_400 + index * 2600,
  }))
  return makeTrace(
    { id: 'gateway', service: 'gateway', ...served('/orders/7'), from: 0, to: 182_000 },
    {
      id: 'to-catalog',
      parent: 'gateway',
      service: 'gateway',
      ...sent('catalog', 8081, '/items'),
      from: 2000,
      to: 43_200,
    },
    { id: 'catalog', parent: 'to-catalog', service: 'catalog', ...served('/items'), from: 3500, to: 42_000 },
    {
      id: 'list',
      parent: 'catalog',
      service: 'catalog',
      ...query('SELECT id, title FROM catalog'),
      from: 5000,
      to: 9200,
    },
    {
      id: 'to-orders',
      parent: 'gateway',
      service: 'gateway',
      ...sent('orders', 8082, '/orders/7'),
      from: 45_000,
      to: 180_000,
    },
    { id: 'orders', parent: 'to-orders', service: 'orders', ...served('/orders/7'), from: 46_500, to: 178_500 },
    {
      id: 'slow',
      parent: 'orders',
      service: 'orders',
      ...query('SELECT * FROM orders WHERE lower(customer) LIKE ?'),
      from: 50_000,
      to: 116_500,
    },
    ...items,
    {
      id: 'total',
      parent: 'orders',
      service: 'orders',
      name: 'function',
      info: { function: { name: 'orders.totals.addUp' } },
      from: 171_000,
      to: 171_240,
    },
  )
}
