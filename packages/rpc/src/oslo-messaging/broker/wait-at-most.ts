import { clampTimeout, clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'

/** Resolves like the promise, or to undefined after `milliseconds`. Rejects if the promise rejects before. */
export async function waitAtMost<T>(promise: PromiseLike<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, clampTimeout(milliseconds), undefined)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
