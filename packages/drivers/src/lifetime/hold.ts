import { clearTimeout, holdProcess, Number, Promise, setTimeout } from '@osprofiler/core/toolkit'

/** Does some work, for which the process is kept alive, though for no more than so many milliseconds. */
export async function hold<Result>(work: () => Promise<Result>, limit = Number.POSITIVE_INFINITY): Promise<Result> {
  const release = holdProcess(limit)
  try {
    return await work()
  } finally {
    release()
  }
}

/** Waits for something, for at most so many milliseconds: whether it was done in time. Keeps the process alive meanwhile. */
export function isDoneWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), milliseconds)
    const done = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    work.then(done, done)
  })
}
