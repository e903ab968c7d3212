import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/**
 * Calls `write` with the data that was prepared for a batch. The data is prepared only at the first try of the batch.
 */
export type WritePrepared<Prepared, Rest extends unknown[]> = <Result>(
  records: readonly TraceRecord[],
  write: (prepared: Prepared) => Promise<Result>,
  ...rest: Rest
) => Promise<Result>

/**
 * Keeps the data that a driver prepared for a batch until `write` resolves. A batch that is tried again is the same
 * array, and gets the same data. The data includes the ids by which a store recognizes repeated records.
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
