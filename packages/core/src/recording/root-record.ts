import { WeakSet } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { TraceRecord } from '../record/trace-record.js'

const roots = shared('root-records', () => new WeakSet<TraceRecord>())

/**
 * Notes that a record is of a root: of a point that began the trace in this process. A note beside the record, as a
 * notifier sees all members of it, and a store keeps them.
 */
export function markRoot(record: TraceRecord): void {
  if (!isRootRecord(record)) roots.add(record)
}

/** Whether a record is of a root. What begins a whole trace is one also where a notifier has copied the record. */
export function isRootRecord(record: TraceRecord): boolean {
  return record.parent_id === record.base_id || roots.has(record)
}
