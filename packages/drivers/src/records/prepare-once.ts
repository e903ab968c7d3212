import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/** Calls `write` with the data that was prepared at the first try of a batch. At the first try, prepares this data. */
export type WritePrepared<Prepared, Rest extends unknown[]> = <Result>(
  records: readonly TraceRecord[],
  write: (prepared: Prepared) => Promise<Result>,
  ...rest: Rest
) => Promise<Result>

/**
 * Keeps the data that a driver prepared for a batch until the batch is written or reported as held. A batch that is
 * tried again is the same array. It keeps the ids of its first try, by which a store recognizes repeated records.
 */
export function prepareOnce<Prepared, Rest extends unknown[]>(
  prepare: (records: readonly TraceRecord[], ...rest: Rest) => Prepared,
): WritePrepared<Prepared, Rest> {
  const batches = new WeakMap<readonly TraceRecord[], Prepared>()
  return async (records, write, ...rest) => {
    const prepared = batches.get(records) ?? prepare(records, ...rest)
    batches.set(records, prepared)
    const result = await write(prepared)
    batches.delete(records)
    return result
  }
}
