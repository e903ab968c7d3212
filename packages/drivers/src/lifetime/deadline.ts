import { OsprofilerError } from '@osprofiler/core'
import { clampTimeout, clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'

/** Runs work, and calls `onLate` if it is still under way after `milliseconds`. Does not keep the process alive. */
export async function withDeadline<Result>(
  milliseconds: number,
  onLate: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setTimeout(onLate, clampTimeout(milliseconds)).unref()
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for work, and rejects with `ERR_STORE` after `milliseconds`. Does not keep the process alive. */
export function limit<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onLate = (): void => reject(noEnd(milliseconds))
    withDeadline(milliseconds, onLate, () => work).then(resolve, reject)
  })
}

function noEnd(milliseconds: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `The store had not answered within ${milliseconds / 1_000} s. Ask for less, or see whether the store is well.`,
  )
}
