import type { PointInfo } from '@osprofiler/core'
import { settle } from '@osprofiler/core/toolkit'
import { bindCallback, bindInto } from '../wrapping/keep-context.js'

/**
 * What ends when the work that it stands for does, now or `ago` milliseconds ago: a point, or more than one. Its first end
 * counts.
 */
export interface Ending {
  stop(info?: PointInfo, ago?: number): void
  fail(error: unknown, info?: PointInfo, ago?: number): void
}

/** A callback that takes an error first. */
export type Callback = (this: unknown, error: unknown, ...results: unknown[]) => unknown

/** A callback that ends a step first, if there is one, and then runs in today's context, whoever calls it. */
export function followCallback(step: Ending | undefined, callback: Callback): Callback {
  return step === undefined ? bindCallback(callback) : bindInto(callback, error => end(step, error))
}

/** Runs what returns a promise, and ends the step when the promise settles. Another thenable ends the step at once. */
export function followPromise(step: Ending | undefined, run: () => unknown): unknown {
  if (step === undefined) return run()
  return settle(run, {
    done: (_, ago) => step.stop(undefined, ago),
    failed: (error, ago) => step.fail(error, undefined, ago),
  })
}

/** Runs what ends the step by itself, unless it throws. */
export function runStep(step: Ending | undefined, run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    step?.fail(error)
    throw error
  }
}

/** Ends a step with the error, where there is one. */
export function end(step: Ending, error: unknown): void {
  if (error === undefined || error === null) step.stop()
  else step.fail(error)
}
