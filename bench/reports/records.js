import { closeSync, openSync, writeSync } from 'node:fs'

const BASE_ID = '0199f000-0000-7000-8000-000000000000'
const BEGIN_MS = Date.UTC(2026, 10, 22, 12)
/**
 * The traced request handles orders one after another, and each order has ten points. This list contains the parent of
 * each of these points, as an index into the list. -1 means a point without a parent in the same order. An order is a
 * call to another service, which makes six queries.
 */
const PARENTS = [-1, 0, 1, 2, 2, 2, 2, 2, 2, 0]
const NAMES = ['function', 'http', 'wsgi', 'db', 'db', 'db', 'db', 'db', 'db', 'cache']

/**
 * Yields one trace's records, one after another. The request handles orders, each with ten points, four levels deep.
 *
 * @param areUnlike whether each point has its own name, so that a page does not fold equal points into one row
 */
export function* createRecords(count, areUnlike = false) {
  for (let number = 0, order = 0; number < count; order++) {
    for (let step = 0; step < NAMES.length && number < count; step++) {
      const us = order * 5000 + step * 400
      const isNested = PARENTS[step] >= 0
      const common = {
        base_id: BASE_ID,
        parent_id: isNested ? createPointId(order, PARENTS[step]) : number === 0 ? BASE_ID : createPointId(0, 0),
        trace_id: createPointId(order, step),
        project: 'shop',
        service: step >= 2 && step <= 8 ? 'orders' : 'gateway',
      }
      const kind = NAMES[step]
      const name = areUnlike ? `${kind} ${order}.${step}` : kind
      const host = `${common.service}-${order % 4}`
      yield {
        ...common,
        name: `${name}-start`,
        timestamp: formatTimestamp(us),
        info: { host, ...createInfo(kind, order) },
      }
      if (++number === count) return
      yield { ...common, name: `${name}-stop`, timestamp: formatTimestamp(us + 350), info: { host } }
      number++
    }
  }
}

/** Writes records to a file, one per line, as in a `.jsonl` file. */
export function writeRecords(path, count) {
  const file = openSync(path, 'w')
  let lines = ''
  for (const record of createRecords(count)) {
    lines += `${JSON.stringify(record)}\n`
    if (lines.length < 1_000_000) continue
    writeSync(file, lines)
    lines = ''
  }
  writeSync(file, lines)
  closeSync(file)
}

function createInfo(name, order) {
  if (name === 'db') {
    const statement = 'SELECT id, sku, state, total FROM items WHERE order_id = ? AND state = ? ORDER BY id'
    return { db: { statement, params: `[${order}, "paid"]` } }
  }
  if (name === 'function' || name === 'cache') {
    return { function: { name: `shop.${name}.handle`, args: `[${order}]`, kwargs: '{}' } }
  }
  const request = { path: `/orders/${order}`, query: 'full=1', method: 'GET', scheme: 'http' }
  return name === 'wsgi' ? { request } : { requests: { ...request, hostname: 'orders', port: 8080 } }
}

function createPointId(order, step) {
  return `0199f000-0000-4000-8000-${String(order * NAMES.length + step).padStart(12, '0')}`
}

function formatTimestamp(us) {
  const ms = Math.floor(us / 1000)
  return `${new Date(BEGIN_MS + ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}`
}
