import { Map, WeakMap } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'

/** Traces whose losses wait to be told. Of the oldest beyond these, only the notifier's `stats` know. */
const MAX_TRACES = 1_000
const MAX_ID = 255

/**
 * How many records of each trace were dropped here and are not told of yet.
 *
 * Counts what is dropped by trace. The stop record of a trace that is written next says so, as `info.records_dropped`.
 */
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
    /** Counts a record that was dropped, and what that record was to tell. */
    add: (record: TraceRecord): void => addSome(record, 1 + (telling.get(record) ?? 0)),
    /** Counts so many records of the trace of this one. */
    addSome,
    /** The same records, of which the first stop of each trace that lost some tells how many these were. */
    tellIn(batch: readonly TraceRecord[]): readonly TraceRecord[] {
      if (untold.size === 0) return batch
      return batch.map(record => {
        const baseId = baseIdOf(record)
        const count = baseId === undefined ? undefined : untold.get(baseId)
        if (baseId === undefined || count === undefined || !isStop(record)) return record
        untold.delete(baseId)
        const all = count + (telling.get(record) ?? 0)
        // A copy: whoever emitted the record may still hold it.
        const copy = { ...record, info: { ...record.info, records_dropped: all } }
        telling.set(copy, all)
        return copy
      })
    },
  }
}

/** A notifier can be called by anybody, with anything. */
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
