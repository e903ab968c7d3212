// The report benchmark has similar records. These are separate, so that a change in the benchmark does not change a
// figure here.

const BASE_ID = '0199f000-0000-7000-8000-000000000000'
const BEGIN_MS = Date.UTC(2026, 0, 1, 12)
/**
 * The traced request handles orders one after another, and each order has ten points. This list contains the parent of
 * each of these points, as an index into the list. -1 means a point without a parent in the same order. An order is a
 * call to another service, which makes six queries.
 */
const PARENTS = [-1, 0, 1, 2, 2, 2, 2, 2, 2, 0]
const NAMES = ['function', 'http', 'wsgi', 'db', 'db', 'db', 'db', 'db', 'db', 'cache']
const RECORDS_PER_ORDER = 2 * NAMES.length

/** Creates the first `count` records of a trace that handles one order after another, with ten points each. */
export function createRecords(count) {
  return Array.from({ length: count }, (_, number) => createRecord(number))
}

function createRecord(number) {
  const order = Math.floor(number / RECORDS_PER_ORDER)
  const step = (number % RECORDS_PER_ORDER) >> 1
  const isStart = number % 2 === 0
  const service = step >= 2 && step <= 8 ? 'orders' : 'gateway'
  const host = `${service}-${order % 4}`
  return {
    name: `${NAMES[step]}-${isStart ? 'start' : 'stop'}`,
    base_id: BASE_ID,
    parent_id: PARENTS[step] < 0 ? BASE_ID : createPointId(order, PARENTS[step]),
    trace_id: createPointId(order, step),
    project: 'shop',
    service,
    timestamp: formatTimestamp(order * 5_000 + step * 400 + (isStart ? 0 : 350)),
    info: isStart ? { host, ...createInfo(NAMES[step], order) } : { host },
  }
}

function createInfo(name, order) {
  if (name === 'db') {
    return { db: { statement: 'SELECT id, state FROM items WHERE order_id = ? ORDER BY id', params: `[${order}]` } }
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
