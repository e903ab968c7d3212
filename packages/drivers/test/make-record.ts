import { randomUUID } from 'node:crypto'
import type { Driver, TraceRecord } from '@osprofiler/core'

let records = 0

/** Returns a record that is one microsecond later than the record of the previous call. */
export function makeRecord(members: Partial<TraceRecord> = {}): TraceRecord {
  const base_id = members.base_id ?? randomUUID()
  records++
  return {
    name: 'wsgi-start',
    base_id,
    parent_id: base_id,
    trace_id: randomUUID(),
    timestamp: `2026-11-22T10:00:00.${String(records).padStart(6, '0')}`,
    info: { host: 'web-1', request: { path: '/orders', method: 'GET' } },
    project: 'shop',
    service: 'orders',
    ...members,
  }
}

/** Returns `length` records of one trace. */
export function makeTrace(length: number, members: Partial<TraceRecord> = {}): TraceRecord[] {
  const base_id = members.base_id ?? randomUUID()
  return Array.from({ length }, (_, index) =>
    makeRecord({ ...members, base_id, name: index % 2 === 0 ? 'db-start' : 'db-stop' }),
  )
}

/** Reads all records of a trace. */
export async function readAll(driver: Driver, baseId: string): Promise<TraceRecord[]> {
  const found: TraceRecord[] = []
  for await (const batch of driver.readRecords?.(baseId) ?? []) found.push(...batch)
  return found
}
