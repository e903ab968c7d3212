import { clampTimeout, clearTimeout, holdProcess, Number, Promise, setTimeout } from '@osprofiler/core/toolkit'

/** Runs `work`. Keeps the process alive until the work ends or `limitMs` milliseconds have passed. */
export async function holdProcessDuring<Result>(
  work: () => Promise<Result>,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<Result> {
  const release = holdProcess(limitMs)
  let endedWell = false
  try {
    const result = await work()
    endedWell = true
    return result
  } finally {
    release(endedWell)
  }
}

/**
 * Resolves to true if `work` ends within `milliseconds`, and otherwise to false. Until then, keeps the process alive.
 */
export function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(false), clampTimeout(milliseconds))
    const done = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    work.then(done, done)
  })
}
