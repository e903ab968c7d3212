import { type Driver, suppress, type TraceRecord } from '@osprofiler/core'
import { Reflect, Symbol } from '@osprofiler/core/toolkit'

type Batches = AsyncIterable<readonly TraceRecord[]>

/** The same driver, of whose work nothing is traced, whoever asks for it: its client may be instrumented. */
export function untraced(driver: Driver): Driver {
  const { check, readRecords, listTraces, listErrorTraces, deleteTrace, pruneTraces } = driver
  return {
    ...driver,
    write: records => suppress(() => driver.write(records)),
    ...(check && { check: () => suppress(() => Reflect.apply(check, driver, [])) }),
    ...(readRecords && {
      readRecords: (...asked) => untracedBatches(() => Reflect.apply(readRecords, driver, asked)),
    }),
    ...(listTraces && { listTraces: query => suppress(() => Reflect.apply(listTraces, driver, [query])) }),
    ...(listErrorTraces && {
      listErrorTraces: query => suppress(() => Reflect.apply(listErrorTraces, driver, [query])),
    }),
    ...(deleteTrace && { deleteTrace: baseId => suppress(() => Reflect.apply(deleteTrace, driver, [baseId])) }),
    ...(pruneTraces && { pruneTraces: before => suppress(() => Reflect.apply(pruneTraces, driver, [before])) }),
    close: timeout => suppress(() => driver.close(timeout)),
  }
}

/** What is read is read step by step, each when the caller asks for it. */
function untracedBatches(read: () => Batches): Batches {
  return {
    [Symbol.asyncIterator]() {
      const iterator = suppress(() => read()[Symbol.asyncIterator]())
      return {
        next: () => suppress(() => iterator.next()),
        return: async value => {
          await suppress(() => iterator.return?.(value))
          return { done: true, value }
        },
      }
    },
  }
}
