import type { TraceRecord } from '@osprofiler/core'
import { jsonText } from '@osprofiler/core/json'
import { openDriver } from '@osprofiler/drivers'

/** The default trace id of `createShopRecords`. */
export const SHOP_TRACE = '0199c0de-7000-7abc-8def-0123456789ab'

/** How a trace differs from the shop's default trace. */
export interface ShopOptions {
  readonly baseId?: string
  /** Duration of each item query, in milliseconds. */
  readonly queryMs?: number
  /** How long the gateway works after the orders have arrived, in milliseconds. */
  readonly renderMs?: number
  /** Text that is part of every string in a record. */
  readonly text?: string
}

/** One point of a trace. Times are in milliseconds. */
export interface PointSpec {
  readonly id: string
  readonly parent: string
  readonly name: string
  readonly service: string
  readonly from: number
  readonly to: number
  readonly start: Record<string, unknown>
  readonly stop?: Record<string, unknown>
}

/**
 * Creates the records of a request to `gateway`. The gateway calls `orders`, which makes five queries in sequence, and
 * then renders.
 */
export function createShopRecords(options: ShopOptions = {}): TraceRecord[] {
  const { baseId = SHOP_TRACE, queryMs = 10, renderMs = 5, text = '' } = options
  const id = (index: number): string => `${baseId.slice(0, 24)}${String(index).padStart(12, '0')}`
  const queriesEnd = 12 + 5 * queryMs
  const request = { method: 'GET', path: `/orders/7${text}`, query: '', scheme: 'http' }
  const ok = { response: { status_code: 200 } }
  const points: PointSpec[] = [
    {
      ...{ id: id(1), parent: baseId, name: 'wsgi', service: `gateway${text}`, from: 0 },
      ...{ to: queriesEnd + 4 + renderMs, start: { request }, stop: ok },
    },
    {
      ...{ id: id(2), parent: id(1), name: `http${text}`, service: `gateway${text}`, from: 5, to: queriesEnd + 3 },
      start: { requests: { ...request, hostname: 'orders', port: 8080 } },
    },
    {
      ...{ id: id(3), parent: id(2), name: 'wsgi', service: `orders${text}`, from: 8, to: queriesEnd + 1 },
      ...{ start: { request }, stop: ok },
    },
    ...Array.from({ length: 5 }, (_, index) => ({
      ...{ id: id(4 + index), parent: id(3), name: 'db', service: `orders${text}` },
      ...{ from: 10 + index * queryMs, to: 10 + (index + 1) * queryMs },
      start: { db: { statement: `SELECT name FROM items WHERE id = ${index}${text}`, params: [] } },
    })),
    {
      ...{ id: id(9), parent: id(1), name: 'render', service: `gateway${text}`, from: queriesEnd + 4 },
      ...{ to: queriesEnd + 4 + renderMs, start: { function: { name: `shop.render${text}`, args: '', kwargs: '' } } },
    },
  ]
  return toRecords(baseId, points, `vm${text}`)
}

/** Creates the records of points, oldest first. All points have the same host. */
export function toRecords(baseId: string, points: readonly PointSpec[], host = 'vm'): TraceRecord[] {
  const records = points.flatMap(({ id, parent, name, service, from, to, start, stop = {} }) => {
    const ids = { base_id: baseId, parent_id: parent, trace_id: id }
    const source = { project: 'shop', service }
    return [
      { name: `${name}-start`, ...ids, timestamp: formatTimestamp(from), info: { host, ...start }, ...source },
      { name: `${name}-stop`, ...ids, timestamp: formatTimestamp(to), info: { host, ...stop }, ...source },
    ]
  })
  return records.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
}

export async function storeRecords(store: string, records: readonly TraceRecord[]): Promise<void> {
  const driver = openDriver(store)
  await driver.write(records)
  await driver.close()
}

/** Returns the records as the lines of a `.jsonl` file. */
export function toLines(records: readonly TraceRecord[]): string {
  return records.map(record => `${jsonText(record, 0)}\n`).join('')
}

function formatTimestamp(ms: number): string {
  const at = new Date(Date.UTC(2026, 10, 20, 11) + Math.floor(ms)).toISOString().slice(0, -1)
  return `${at}${String(Math.round((ms % 1) * 1_000)).padStart(3, '0')}`
}
