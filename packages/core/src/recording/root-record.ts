import { WeakSet } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { TraceRecord } from '../record/trace-record.js'

const rootRecords = shared('root-records', () => new WeakSet<TraceRecord>())

/**
 * Marks a record of the point with which the trace began in this process. The mark is not a member of the record,
 * because stores would keep such a member.
 */
export function markRoot(record: TraceRecord): void {
  if (!isRootRecord(record)) rootRecords.add(record)
}

/**
 * Returns whether a record belongs to the point with which the trace began in this process. A notifier may have copied
 * the record without its mark, so a record of the trace's first point always counts.
 */
export function isRootRecord(record: TraceRecord): boolean {
  return record.parent_id === record.base_id || rootRecords.has(record)
}
