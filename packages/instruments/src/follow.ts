import { bind } from '@osprofiler/core'
import { Reflect } from '@osprofiler/core/toolkit'

/** What ends when the work that it stands for does: a point, or more than one. Its first end counts. */
export interface Ending {
  stop(): void
  fail(error: unknown): void
}

/** A callback that takes an error first. */
export type Callback = (this: unknown, error: unknown, ...results: unknown[]) => unknown

/** A callback that ends a step first and then runs in today's context, whoever calls it. */
export function followCallback(step: Ending | undefined, callback: Callback): Callback {
  if (step === undefined) return bind(callback)
  return bind(function (this: unknown, error: unknown, ...results: unknown[]) {
    end(step, error)
    return Reflect.apply(callback, this, [error, ...results])
  })
}

/** Runs what returns a promise, and returns one that is settled when the step has ended: no failure is swallowed. */
export function followPromise(step: Ending, run: () => unknown): unknown {
  const result = runStep(step, run)
  if (!isThenable(result)) {
    step.stop()
    return result
  }
  return result.then(
    value => {
      step.stop()
      return value
    },
    error => {
      step.fail(error)
      throw error
    },
  )
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
export function end(step: Ending | undefined, error: unknown): void {
  if (error === undefined || error === null) step?.stop()
  else step?.fail(error)
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}
