import { randomUUID } from 'node:crypto'
import { createTraceId } from '@osprofiler/core'

const POINTS_PER_TRACE = 10

/** Creates records like a service's: ten points per trace, each a query with a start and a stop. */
export function createRecords(count) {
  const records = []
  let baseId
  for (let i = 0; records.length < count; i++) {
    if (i % POINTS_PER_TRACE === 0) baseId = createTraceId()
    const traceId = randomUUID()
    const timestamp = `${new Date(Date.now() + i).toISOString().slice(0, -1)}000`
    const db = {
      statement: 'SELECT id, state, total FROM orders WHERE customer = ? AND state = ?',
      params: '[42,"paid"]',
    }
    records.push(createRecord('db-start', baseId, traceId, timestamp, { db, host: 'shop-7' }))
    records.push(createRecord('db-stop', baseId, traceId, timestamp, { host: 'shop-7' }))
  }
  return records.slice(0, count)
}

/**
 * Creates a record with the same V8 hidden class as the profiler's records. A record that was created with the spread
 * syntax would have another hidden class.
 */
function createRecord(name, baseId, traceId, timestamp, info) {
  return {
    name,
    base_id: baseId,
    parent_id: baseId,
    trace_id: traceId,
    timestamp,
    info,
    project: 'node',
    service: 'orders',
  }
}

/** Returns the values of a record's row. The JSON in the last column is encoded twice, as in Python's driver. */
export function toRow({ timestamp, base_id, parent_id, trace_id, project, service, name, info }) {
  const data = JSON.stringify(JSON.stringify({ info }))
  return [timestamp, base_id, parent_id, trace_id, project, info.host, service, name, data]
}
