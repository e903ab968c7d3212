import type { PointInfo } from '@osprofiler/core'
import { settle } from '@osprofiler/core/toolkit'
import { bindAfter, bindCallback } from '../wrapping/keep-context.js'
import type { Proceed } from '../wrapping/wrap-method.js'

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

/** Goes on to a method, of whose arguments the one at this place is a callback that ends the step. */
export function proceedToCallback(step: Step | undefined, proceed: Proceed, args: unknown[], at: number): unknown {
  const given = args.with(at, endAtCallback(step, args[at] as Callback))
  return failIfThrown(step, () => proceed(given))
}

/** Runs what returns a promise, and ends the step when the promise settles. Another thenable ends the step at once. */
export function endWhenSettled(step: Step | undefined, run: () => unknown): unknown {
  if (step === undefined) return run()
  return settle(run, {
    done: (_, ago) => step.stop(undefined, ago),
    failed: (error, ago) => step.fail(error, undefined, ago),
  })
}

/** Runs what is over when it returns, and ends the step then. */
export function endWhenReturned<T>(step: Step | undefined, run: () => T): T {
  const result = failIfThrown(step, run)
  step?.stop()
  return result
}

/** Runs what ends the step by itself, unless it throws. */
export function failIfThrown<T>(step: Step | undefined, run: () => T): T {
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

/** A step whose failures are recorded as `show` has them. */
export function showFailures(step: Step, show: (error: unknown) => unknown): Step {
  return {
    stop: (info, ago) => step.stop(info, ago),
    fail: (error, info, ago) => step.fail(show(error), info, ago),
  }
}
