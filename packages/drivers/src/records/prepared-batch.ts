import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/** What a driver made of the batches that are not settled. */
export interface PreparedBatches<Prepared> {
  /** What was made of this very batch when it was first tried, or what `prepare` makes of it now. */
  of(records: readonly TraceRecord[], prepare: () => Prepared): Prepared
  /** Forgets a batch that was written. */
  settle(records: readonly TraceRecord[]): void
}

/**
 * Keeps what a driver makes of a batch until that is written. A batch that is tried again is the same array, so it
 * goes with the ids of its first try, and a store tells by them what it has already.
 */
export function createPreparedBatches<Prepared>(): PreparedBatches<Prepared> {
  const batches = new WeakMap<readonly TraceRecord[], Prepared>()
  return {
    of(records, prepare) {
      const prepared = batches.get(records) ?? prepare()
      batches.set(records, prepared)
      return prepared
    },
    settle(records) {
      batches.delete(records)
    },
  }
}
