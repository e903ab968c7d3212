import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/** What a driver made of the batches that are not settled. */
export interface PreparedBatches<Prepared> {
  /**
   * Writes what was made of this very batch when it was first tried, or what `prepare` makes of it now. A batch that was
   * written is forgotten.
   */
  use<Result>(
    records: readonly TraceRecord[],
    prepare: () => Prepared,
    write: (prepared: Prepared) => Promise<Result>,
  ): Promise<Result>
}

/**
 * Keeps what a driver makes of a batch until that is written. A batch that is tried again is the same array, so it
 * goes with the ids of its first try, and a store tells by them what it has already.
 */
export function createPreparedBatches<Prepared>(): PreparedBatches<Prepared> {
  const batches = new WeakMap<readonly TraceRecord[], Prepared>()
  return {
    async use(records, prepare, write) {
      const prepared = batches.get(records) ?? prepare()
      batches.set(records, prepared)
      const result = await write(prepared)
      batches.delete(records)
      return result
    },
  }
}
