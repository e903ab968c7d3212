import { WeakSet } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { TraceRecord } from '../record/trace-record.js'

const rootRecords = shared('root-records', () => new WeakSet<TraceRecord>())

/** Marks a record of the point that began the trace in this process. Stores keep all members, so the mark is apart. */
export function markRoot(record: TraceRecord): void {
  if (!isRootRecord(record)) rootRecords.add(record)
}

/** Returns whether a record is of such a point. For the first point of a trace, a copy by a notifier also counts. */
export function isRootRecord(record: TraceRecord): boolean {
  return record.parent_id === record.base_id || rootRecords.has(record)
}
