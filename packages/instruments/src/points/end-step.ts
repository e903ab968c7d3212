import type { PointInfo } from '@osprofiler/core'
import { settle, type takeContext } from '@osprofiler/core/toolkit'
import { bindAfter, bindCallback } from '../wrapping/keep-context.js'
import type { Proceed } from '../wrapping/wrap-method.js'

/**
 * One or more points that end together. `ago` backdates the end by this number of milliseconds. Only the first call of
 * `stop` or `fail` has an effect.
 */
export interface Step {
  stop(info?: PointInfo, ago?: number): void
  fail(error: unknown, info?: PointInfo, ago?: number): void
}

/** A Node-style callback, whose first argument is an error. */
export type Callback = (this: unknown, error: unknown, ...results: unknown[]) => unknown

/** Returns the info about a call's results that a step records when it stops. Must not throw. */
export type DescribeResults = (...results: unknown[]) => PointInfo | undefined

/**
 * Returns a callback that ends the step, if there is one, and then runs the original callback in `inContext`, by
 * default the current context.
 */
export function endAtCallback(
  step: Step | undefined,
  callback: Callback,
  describe?: DescribeResults,
  inContext?: ReturnType<typeof takeContext>,
): Callback {
  if (step === undefined) return bindCallback(callback, inContext)
  return bindAfter(callback, (error, ...results) => endStep(step, error, describe?.(...results)), inContext)
}

/** Calls the method with the callback at index `at` replaced by one that also ends the step. */
export function proceedToCallback(
  step: Step | undefined,
  proceed: Proceed,
  args: unknown[],
  at: number,
  describe?: DescribeResults,
): unknown {
  const newArgs = args.with(at, endAtCallback(step, args[at] as Callback, describe))
  return failIfThrown(step, () => proceed(newArgs))
}

/**
 * Ends the step when the returned promise settles. If anything else is returned, even a thenable, ends the step at
 * once.
 */
export function endWhenSettled(step: Step | undefined, run: () => unknown, describe?: DescribeResults): unknown {
  if (step === undefined) return run()
  return settle(run, {
    done: (result, ago) => step.stop(describe?.(result), ago),
    failed: (error, ago) => step.fail(error, undefined, ago),
  })
}

/** Runs a synchronous function, and ends the step when the function returns or throws. */
export function endWhenReturned<T>(step: Step | undefined, run: () => T, describe?: DescribeResults): T {
  const result = failIfThrown(step, run)
  if (step !== undefined) step.stop(describe?.(result))
  return result
}

/** Runs a function that ends the step itself. Fails the step if the function throws. */
export function failIfThrown<T>(step: Step | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    step?.fail(error)
    throw error
  }
}

/** Fails a step if there is an error. If the error is `undefined` or `null`, stops the step with `info`. */
export function endStep(step: Step, error: unknown, info?: PointInfo): void {
  if (error === undefined || error === null) step.stop(info)
  else step.fail(error)
}

/** Returns a step that passes errors through `mapError` before it records them. */
export function mapFailures(step: Step, mapError: (error: unknown) => unknown): Step {
  return {
    stop: (info, ago) => step.stop(info, ago),
    fail: (error, info, ago) => step.fail(mapError(error), info, ago),
  }
}
