import type { Driver, TraceRecord } from '@osprofiler/core'
import { holdProcess, Number, Reflect, Symbol } from '@osprofiler/core/toolkit'

type Batches = AsyncIterable<readonly TraceRecord[]>

/** For so long a write keeps the process alive: a store that hangs must not hold up the end of the program for longer. */
const WRITE_MS = 4_000

/**
 * The same driver, which keeps the process alive while somebody waits for it. The drivers themselves hold nothing that
 * does, as far as their clients let them.
 */
export function held(driver: Driver): Driver {
  const { check, readRecords, listTraces, listErrorTraces, deleteTrace, pruneTraces } = driver
  return {
    ...driver,
    write: records => hold(() => driver.write(records), WRITE_MS),
    ...(check && { check: () => hold(() => Reflect.apply(check, driver, []), WRITE_MS) }),
    ...(readRecords && {
      readRecords: (...asked) => heldBatches(Reflect.apply(readRecords, driver, asked)),
    }),
    ...(listTraces && { listTraces: query => hold(() => Reflect.apply(listTraces, driver, [query])) }),
    ...(listErrorTraces && { listErrorTraces: query => hold(() => Reflect.apply(listErrorTraces, driver, [query])) }),
    ...(deleteTrace && { deleteTrace: baseId => hold(() => Reflect.apply(deleteTrace, driver, [baseId])) }),
    ...(pruneTraces && { pruneTraces: before => hold(() => Reflect.apply(pruneTraces, driver, [before])) }),
  }
}

async function hold<Result>(work: () => Promise<Result>, limit = Number.POSITIVE_INFINITY): Promise<Result> {
  const release = holdProcess(limit)
  try {
    return await work()
  } finally {
    release()
  }
}

function heldBatches(batches: Batches): Batches {
  return {
    [Symbol.asyncIterator]() {
      const iterator = batches[Symbol.asyncIterator]()
      return {
        next: () => hold(() => iterator.next()),
        return: async value => {
          await hold(async () => iterator.return?.(value))
          return { done: true, value }
        },
      }
    },
  }
}
