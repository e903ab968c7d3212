import { bind, type PointInfo } from '@osprofiler/core'
import { Reflect, settle } from '@osprofiler/core/toolkit'
import { standInOnce } from './stand-in-once.js'

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

type Method = (this: unknown, ...args: unknown[]) => unknown

/** A callback that ends a step first and then runs in today's context, whoever calls it. */
export function followCallback(step: Ending | undefined, callback: Callback): Callback {
  return bindAfter(callback as Method, error => {
    if (step !== undefined) end(step, error)
  })
}

/** A callback that runs in today's context, whoever calls it. */
export function bindCallback<Fn>(callback: Fn): Fn {
  return bindAfter(callback as Method, () => undefined) as Fn
}

/** Stands for the callback, because a library may look at the length or the name of what it is given. */
function bindAfter(callback: Method, before: (error: unknown) => void): Method {
  const inContext = bind((self: unknown, args: unknown[]) => Reflect.apply(callback, self, args))
  return standInOnce(callback, (_callback, self, args) => {
    before(args[0])
    return inContext(self, args)
  })
}

/** Runs what returns a promise, and ends the step when the promise settles. Another thenable ends the step at once. */
export function followPromise(step: Ending, run: () => unknown): unknown {
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
