import { types } from '../platform/platform.js'
import { createScope, currentProfiler, runIn, type Scope } from '../points/context.js'
import { followPromise, promiseWatch } from './follow-promise.js'
import type { CallOutcome } from './followed-promise.js'

const { isAsyncFunction, isPromise } = types

/**
 * Runs `fn` in the current context, tells once how `fn` ended, and returns what `fn` returned or throws what `fn` threw. A
 * native promise is followed until it settles, and the program sees no difference: the promise is returned itself and
 * gets no handler that counts.
 *
 * Any other thenable (a query builder) is a value, because a call of its `then` could run it.
 *
 * @example
 * return followCall(() => client.query(text), { done: () => point.stop(), failed: error => point.fail(error) })
 */
export function followCall<T>(fn: () => T, outcome: CallOutcome): T {
  const profiler = currentProfiler()
  // A scope of its own: what `fn` waits for itself must not be taken for a handler of its promise.
  return followCallIn(profiler && createScope(profiler), fn, outcome)
}

/** As `followCall`, in this scope. `isAsync` says that `fn` is an async function, or no more than a call of one. */
export function followCallIn<T>(
  scope: Scope | undefined,
  fn: () => T,
  outcome: CallOutcome,
  isAsync: boolean = isAsyncFunction(fn),
): T {
  const watch = isAsync ? undefined : promiseWatch.begin()
  let result: T
  try {
    result = scope === undefined ? fn() : runIn(scope, fn)
  } catch (error) {
    if (watch !== undefined) promiseWatch.end()
    outcome.failed(error, 0)
    throw error
  }
  if (!isPromise(result)) {
    if (watch !== undefined) promiseWatch.end()
    outcome.done(result, 0)
    return result
  }
  const bodyScope = watch === undefined ? scope : promiseWatch.find(watch, result)
  followPromise(result, outcome, bodyScope, !isAsync)
  return result
}
