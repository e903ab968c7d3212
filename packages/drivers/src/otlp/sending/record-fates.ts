import { OsprofilerError, type TraceRecord, type WriteResult } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'
import { isStop } from '../points/gathered-point.js'
import { createRecentPoints } from '../points/recent-points.js'
import type { Fate } from './deliver.js'

/**
 * Remembers the outcome for each record, because a batch may be written again after some of its requests were accepted.
 */
export interface RecordFates {
  get(record: TraceRecord): Fate | undefined
  set(record: TraceRecord, fate: Fate): void
  /** Creates the result of a write. Throws if all records were refused, or if the outcome of all records is unknown. */
  summarize(records: readonly TraceRecord[]): WriteResult
}

const MAX_REFUSED_POINTS = 1_000

/** Creates an empty collection. The collection does not keep the records themselves in memory. */
export function createRecordFates(): RecordFates {
  const fates = new WeakMap<TraceRecord, Fate>()
  /**
   * The errors of refused records, by the ids of their points. After the notifier has dropped a record, the notifier
   * writes the stop record of the point again, as a new object that reports the drop. This record then gets the same
   * error.
   */
  const refusedPoints = createRecentPoints<OsprofilerError>(MAX_REFUSED_POINTS)

  function get(record: TraceRecord): Fate | undefined {
    return fates.get(record) ?? (isStop(record) ? refusedPoints.get(record.base_id, record.trace_id) : undefined)
  }

  return {
    get,
    set(record, fate) {
      fates.set(record, fate)
      if (isErrorFate(fate, 'ERR_WRITE_REFUSED')) refusedPoints.set(record.base_id, record.trace_id, fate)
    },
    summarize(records) {
      const batchFates = records.map(get)
      const refusals = batchFates.filter(fate => isErrorFate(fate, 'ERR_WRITE_REFUSED'))
      const unknown = batchFates.filter(fate => isErrorFate(fate, 'ERR_WRITE_UNCERTAIN'))
      const rejected = batchFates.filter(fate => fate === 'rejected').length
      const [error = unknown[0]] = refusals
      // The error is thrown instead of being returned, so that error listeners are called.
      if (error !== undefined && [refusals.length, unknown.length].includes(records.length)) throw error
      const refused = rejected + refusals.length
      if (error === undefined && rejected === 0) return { refused }
      return { refused, unknown: unknown.length, reason: error?.message ?? 'The collector rejected some spans.' }
    },
  }
}

function isErrorFate(fate: Fate | undefined, code: string): fate is OsprofilerError {
  return fate instanceof OsprofilerError && fate.code === code
}
