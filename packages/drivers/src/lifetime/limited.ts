import { type Driver, OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { clearTimeout, Promise, Reflect, Symbol, setTimeout } from '@osprofiler/core/toolkit'

type Batches = AsyncIterable<readonly TraceRecord[]>

/** How long a list may take in all, in milliseconds. */
const LIST_MS = 300_000
/** How long the next batch of a trace may take: longer than any store's own limit for one answer. */
const BATCH_MS = 120_000

/**
 * The same driver, of which every reading ends. Each client has limits of its own for one answer, but a store that goes
 * on answering, or a disk that hangs, knows no end.
 */
export function limited(driver: Driver): Driver {
  const { readRecords, listTraces, listErrorTraces } = driver
  return {
    ...driver,
    ...(readRecords && {
      readRecords: (...asked) => limitedBatches(Reflect.apply(readRecords, driver, asked)),
    }),
    ...(listTraces && { listTraces: query => limit(Reflect.apply(listTraces, driver, [query]), LIST_MS) }),
    ...(listErrorTraces && {
      listErrorTraces: query => limit(Reflect.apply(listErrorTraces, driver, [query]), LIST_MS),
    }),
  }
}

function limitedBatches(batches: Batches): Batches {
  return {
    [Symbol.asyncIterator]() {
      const iterator = batches[Symbol.asyncIterator]()
      return {
        next: () => limit(iterator.next(), BATCH_MS),
        return: async value => {
          await iterator.return?.(value)
          return { done: true, value }
        },
      }
    },
  }
}

/** Waits for something, for at most so many milliseconds. Keeps no process alive. */
export function limit<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(noEnd(milliseconds)), milliseconds).unref()
    const settle = <Value>(how: (value: Value) => void) => {
      return (value: Value): void => {
        clearTimeout(timer)
        how(value)
      }
    }
    work.then(settle(resolve), settle(reject))
  })
}

function noEnd(milliseconds: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `The store had not answered within ${milliseconds / 1_000} s. Ask for less, or see whether the store is well.`,
  )
}
