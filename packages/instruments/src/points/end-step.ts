import type { PointInfo } from '@osprofiler/core'
import { settle } from '@osprofiler/core/toolkit'
import { bindAfter, bindCallback } from '../wrapping/keep-context.js'

/**
 * What ends when the work that it stands for does, now or `ago` milliseconds ago: a point, or more than one. Its first end
 * counts.
 */
export interface Step {
  stop(info?: PointInfo, ago?: number): void
  fail(error: unknown, info?: PointInfo, ago?: number): void
}

/** A callback that takes an error first. */
export type Callback = (this: unknown, error: unknown, ...results: unknown[]) => unknown

/** A callback that ends a step first, if there is one, and then runs in today's context, whoever calls it. */
export function endAtCallback(step: Step | undefined, callback: Callback): Callback {
  return step === undefined ? bindCallback(callback) : bindAfter(callback, error => endStep(step, error))
}

/** Runs what returns a promise, and ends the step when the promise settles. Another thenable ends the step at once. */
export function endWhenSettled(step: Step | undefined, run: () => unknown): unknown {
  if (step === undefined) return run()
  return settle(run, {
    done: (_, ago) => step.stop(undefined, ago),
    failed: (error, ago) => step.fail(error, undefined, ago),
  })
}

/** Runs what ends the step by itself, unless it throws. */
export function failIfThrown(step: Step | undefined, run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    step?.fail(error)
    throw error
  }
}

/** Ends a step with the error, where there is one. */
export function endStep(step: Step, error: unknown): void {
  if (error === undefined || error === null) step.stop()
  else step.fail(error)
}
