import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/**
 * Keeps what a driver makes of a batch. A batch that is tried again is the same array, so it goes with the ids of its first
 * try, and a store tells by them what it has already.
 */
export function prepareOnce<Prepared, Rest extends unknown[]>(
  prepare: (records: readonly TraceRecord[], ...rest: Rest) => Prepared,
): typeof prepare {
  const batches = new WeakMap<readonly TraceRecord[], Prepared>()
  return (records, ...rest) => {
    const prepared = batches.get(records) ?? prepare(records, ...rest)
    batches.set(records, prepared)
    return prepared
  }
}
