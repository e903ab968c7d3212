import { Promise } from '@osprofiler/core/toolkit'

/**
 * Creates a function that runs one task after another, in the order of the calls. If a task fails, the next task still
 * runs.
 */
export function createSerialQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}
