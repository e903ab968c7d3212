import { OsprofilerError } from '@osprofiler/core'
import { clampTimeout, clearTimeout, Promise, setTimeout } from '@osprofiler/core/toolkit'

/** Runs `work`, and calls `onLate` if the work has not ended after `milliseconds`. Does not keep the process alive. */
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

/**
 * Waits for `work`, and rejects with `ERR_STORE` if the work has not ended after `milliseconds`. Does not keep the
 * process alive.
 */
export function rejectWhenLate<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onLate = (): void => reject(createLateError(milliseconds))
    withDeadline(milliseconds, onLate, () => work).then(resolve, reject)
  })
}

function createLateError(milliseconds: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `The store did not answer within ${milliseconds / 1_000} s. Ask for less data, or check the store.`,
  )
}
