import { Map, WeakMap } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'

/** How many traces are remembered. Losses of older traces appear only in the `stats` of the notifier. */
const MAX_TRACES = 1_000
const MAX_ID = 255

/** Counts dropped records by trace. The trace's next stop record reports the number as `info.records_dropped`. */
export function createTraceLosses() {
  const untold = new Map<string, number>()
  const telling = new WeakMap<TraceRecord, number>()

  function addSome(record: TraceRecord, count: number): void {
    const baseId = baseIdOf(record)
    if (baseId === undefined) return
    untold.set(baseId, (untold.get(baseId) ?? 0) + count)
    if (untold.size <= MAX_TRACES) return
    for (const oldest of untold.keys()) {
      untold.delete(oldest)
      return
    }
  }

  return {
    /** Counts a dropped record, and the losses that this record would have reported. */
    add: (record: TraceRecord): void => addSome(record, 1 + (telling.get(record) ?? 0)),
    /** Counts `count` dropped records for the trace of `record`. */
    addSome,
    /** Returns the batch, in which the first stop of each trace with losses reports their number. */
    tellIn(batch: readonly TraceRecord[]): readonly TraceRecord[] {
      if (untold.size === 0) return batch
      return batch.map(record => {
        const baseId = baseIdOf(record)
        const count = baseId === undefined ? undefined : untold.get(baseId)
        if (baseId === undefined || count === undefined || !isStop(record)) return record
        untold.delete(baseId)
        const all = count + (telling.get(record) ?? 0)
        // Copied, because the code that emitted the record may still hold it.
        const copy = { ...record, info: { ...record.info, records_dropped: all } }
        telling.set(copy, all)
        return copy
      })
    },
  }
}

/** Reads defensively, because any code can call a notifier with any value. */
function baseIdOf(record: TraceRecord): string | undefined {
  try {
    const { base_id: baseId } = record
    return typeof baseId === 'string' && baseId.length <= MAX_ID ? baseId : undefined
  } catch {
    return undefined
  }
}

function isStop({ name }: TraceRecord): boolean {
  return typeof name === 'string' && name.endsWith('-stop')
}
