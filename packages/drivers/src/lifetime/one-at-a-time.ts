import { Promise } from '@osprofiler/core/toolkit'

/** Makes a function that does one thing after another, in the order of its calls, however each of them ends. */
export function createOneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}
