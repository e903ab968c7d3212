import { Map, WeakMap } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'

/** How many traces are remembered. Losses of older traces appear only in the `stats` of the notifier. */
const MAX_REMEMBERED_TRACES = 1_000
const MAX_ID_CHARS = 255

/** Counts dropped records by trace. The trace's next stop record reports the number as `info.records_dropped`. */
export function createTraceLosses() {
  const unreported = new Map<string, number>()
  const reportedBy = new WeakMap<TraceRecord, number>()

  function addCount(record: TraceRecord, count: number): void {
    const baseId = readBaseId(record)
    if (baseId === undefined) return
    unreported.set(baseId, (unreported.get(baseId) ?? 0) + count)
    if (unreported.size <= MAX_REMEMBERED_TRACES) return
    for (const oldest of unreported.keys()) {
      unreported.delete(oldest)
      return
    }
  }

  return {
    /** Counts a dropped record, and the losses that this record would have reported. */
    add: (record: TraceRecord): void => addCount(record, 1 + (reportedBy.get(record) ?? 0)),
    /** Counts `count` dropped records for the trace of `record`. */
    addCount,
    /** Returns the batch, in which the first stop of each trace with losses reports their number. */
    reportIn(batch: readonly TraceRecord[]): readonly TraceRecord[] {
      if (unreported.size === 0) return batch
      return batch.map(record => {
        const baseId = readBaseId(record)
        const count = baseId === undefined ? undefined : unreported.get(baseId)
        if (baseId === undefined || count === undefined || !isStop(record)) return record
        unreported.delete(baseId)
        const total = count + (reportedBy.get(record) ?? 0)
        // Copied, because the code that emitted the record may still hold it.
        const copy = { ...record, info: { ...record.info, records_dropped: total } }
        reportedBy.set(copy, total)
        return copy
      })
    },
  }
}

/** Reads defensively, because any code can call a notifier with any value. */
function readBaseId(record: TraceRecord): string | undefined {
  try {
    const { base_id: baseId } = record
    return typeof baseId === 'string' && baseId.length <= MAX_ID_CHARS ? baseId : undefined
  } catch {
    return undefined
  }
}

function isStop({ name }: TraceRecord): boolean {
  return typeof name === 'string' && name.endsWith('-stop')
}
