import { Map, WeakMap } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'

/** The number of remembered traces. Losses of older traces appear only in the notifier's `stats`. */
const MAX_REMEMBERED_TRACES = 1_000
const MAX_ID_CHARS = 255

/** Counts dropped records by trace. The next stop record of the trace reports the count as `info.records_dropped`. */
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
    /** Counts a dropped record, plus the losses that this record would have reported. */
    add: (record: TraceRecord): void => addCount(record, 1 + (reportedBy.get(record) ?? 0)),
    /** Counts `count` dropped records for the trace of `record`. */
    addCount,
    /**
     * Returns the batch, in which the first stop record of each trace with losses reports the number of lost records.
     */
    reportIn(batch: readonly TraceRecord[]): readonly TraceRecord[] {
      if (unreported.size === 0) return batch
      return batch.map(record => {
        const baseId = readBaseId(record)
        const count = baseId === undefined ? undefined : unreported.get(baseId)
        if (baseId === undefined || count === undefined || !isStop(record)) return record
        unreported.delete(baseId)
        const total = count + (reportedBy.get(record) ?? 0)
        // The record is copied, because the code that emitted it may still use it.
        const copy = { ...record, info: { ...record.info, records_dropped: total } }
        reportedBy.set(copy, total)
        return copy
      })
    },
  }
}

/** Reads defensively, because any code can pass any value to a notifier. */
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
