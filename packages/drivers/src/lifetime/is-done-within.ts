import { clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'

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
