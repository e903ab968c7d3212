import type { TraceRecord } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/** Writes what was made of a batch when it was first tried, or what is made of it now. */
export type UsePrepared<Prepared, Rest extends unknown[]> = <Result>(
  records: readonly TraceRecord[],
  write: (prepared: Prepared) => Promise<Result>,
  ...rest: Rest
) => Promise<Result>

/**
 * Keeps what a driver makes of a batch until the batch is written, or held. A batch that is tried again is the same array,
 * so it goes with the ids of its first try, and a store tells by them what it has already.
 */
export function prepareOnce<Prepared, Rest extends unknown[]>(
  prepare: (records: readonly TraceRecord[], ...rest: Rest) => Prepared,
): UsePrepared<Prepared, Rest> {
  const batches = new WeakMap<readonly TraceRecord[], Prepared>()
  return async (records, write, ...rest) => {
    const prepared = batches.get(records) ?? prepare(records, ...rest)
    batches.set(records, prepared)
    const result = await write(prepared)
    batches.delete(records)
    return result
  }
}
