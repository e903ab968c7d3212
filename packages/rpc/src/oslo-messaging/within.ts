import { clearTimeout, Math, Promise, setTimeout } from '@osprofiler/core/toolkit'

// Node treats a longer timeout as 1 ms.
const LONGEST = 2 ** 31 - 1

/** What a promise resolves to, or undefined after so many milliseconds. Rejects if the promise does before. */
export async function within<T>(promise: PromiseLike<T>, milliseconds: number): Promise<T | undefined> {
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

export function clampTimeout(milliseconds: number): number {
  return Math.min(milliseconds, LONGEST)
}
