import { types } from '../platform/platform.js'
import { createScope, currentProfiler, runInScope, type Scope } from '../points/context.js'
import { followPromise, promiseWatch } from './follow-promise.js'
import type { CallOutcome } from './followed-promise.js'

const { isAsyncFunction, isPromise } = types

/**
 * Runs `fn` in the current context, reports once how the call ended, and returns or throws the same as `fn`. A native
 * promise is returned unchanged and followed until it settles, which the application cannot notice. Any other thenable,
 * such as a query builder, counts as a plain value, because calling its `then` could run the query.
 *
 * @example
 * return followCall(() => client.query(text), { done: () => point.stop(), failed: error => point.fail(error) })
 */
export function followCall<T>(fn: () => T, outcome: CallOutcome): T {
  const profiler = currentProfiler()
  // `fn` runs in a separate scope, so that an `await` inside `fn` is not mistaken for a handler on the promise that
  // `fn` returns.
  return followCallIn(profiler && createScope(profiler), fn, outcome)
}

/**
 * Works like `followCall`, but in a given scope. `isAsync`: whether `fn` itself is an async function, rather than a
 * function that calls one.
 */
export function followCallIn<T>(
  scope: Scope | undefined,
  fn: () => T,
  outcome: CallOutcome,
  isAsync: boolean = isAsyncFunction(fn),
): T {
  const watchStart = isAsync ? undefined : promiseWatch.begin()
  let result: T
  try {
    result = scope === undefined ? fn() : runInScope(scope, fn)
  } catch (error) {
    if (watchStart !== undefined) promiseWatch.end()
    outcome.failed(error, 0)
    throw error
  }
  if (!isPromise(result)) {
    if (watchStart !== undefined) promiseWatch.end()
    outcome.done(result, 0)
    return result
  }
  const bodyScope = watchStart === undefined ? scope : promiseWatch.find(watchStart, result)
  followPromise(result, outcome, bodyScope, isAsync)
  return result
}
