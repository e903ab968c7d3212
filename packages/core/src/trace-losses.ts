import { Map } from './platform.js'
import type { TraceRecord } from './record.js'

/** How many records of each trace were dropped here and are not told of yet. */
export interface TraceLosses {
  /** Counts a record that was dropped. */
  add(record: TraceRecord, count?: number): void
  /** The same records, of which the first stop of each trace that lost some tells how many these were. */
  tellIn(batch: readonly TraceRecord[]): readonly TraceRecord[]
  /** Takes back what the last batch told: its records were dropped, too. */
  untell(): void
}

/** Traces whose losses wait to be told. Of the oldest beyond these, only the notifier's `stats` know. */
const MOST_TRACES = 1_000
const LONGEST_ID = 255

/** Counts what is dropped by trace. The stop record of a trace that is written next says so, as `info.records_dropped`. */
export function createTraceLosses(): TraceLosses {
  const untold = new Map<string, number>()
  let told: readonly (readonly [string, number])[] = []

  function addFor(baseId: string, count: number): void {
    untold.set(baseId, (untold.get(baseId) ?? 0) + count)
    if (untold.size <= MOST_TRACES) return
    for (const oldest of untold.keys()) {
      untold.delete(oldest)
      return
    }
  }

  return {
    add(record, count = 1) {
      const baseId = baseIdOf(record)
      if (baseId !== undefined) addFor(baseId, count)
    },
    tellIn(batch) {
      told = []
      if (untold.size === 0) return batch
      const telling: [string, number][] = []
      const records = batch.map(record => {
        const baseId = baseIdOf(record)
        const count = baseId === undefined ? undefined : untold.get(baseId)
        if (baseId === undefined || count === undefined || !isStop(record)) return record
        untold.delete(baseId)
        telling.push([baseId, count])
        // A copy: whoever emitted the record may still hold it.
        return { ...record, info: { ...record.info, records_dropped: count } }
      })
      told = telling
      return records
    },
    untell() {
      for (const [baseId, count] of told) addFor(baseId, count)
      told = []
    },
  }
}

/** A notifier can be called by anybody, with anything. */
function baseIdOf(record: TraceRecord): string | undefined {
  try {
    const { base_id: baseId } = record
    return typeof baseId === 'string' && baseId.length <= LONGEST_ID ? baseId : undefined
  } catch {
    return undefined
  }
}

function isStop({ name }: TraceRecord): boolean {
  return typeof name === 'string' && name.endsWith('-stop')
}
