import { types } from 'node:util'
import { followPromise } from './follow-promise.js'

const { isPromise } = types

/** How what was run has ended. `ago` says how many milliseconds ago. */
export interface Settlement {
  /** The value is `UNREAD` where a promise's value could not be read. */
  done(value: unknown, ago: number): void
  failed(error: unknown, ago: number): void
  /** A promise was given up, unsettled, after ten minutes. Default: nothing is told. */
  readonly abandoned?: (() => void) | undefined
}

/**
 * Runs `fn`, tells once how `fn` ended, and returns what `fn` returned or throws what `fn` threw. A native promise is
 * followed until it settles, and the program sees no difference: the promise is returned itself and gets no handler
 * that counts.
 *
 * Any other thenable (a query builder) is a value, because a call of its `then` could run it.
 */
export function settle<T>(fn: () => T, { done, failed, abandoned }: Settlement): T {
  let result: T
  try {
    result = fn()
  } catch (error) {
    failed(error, 0)
    throw error
  }
  if (isPromise(result)) followPromise(result, { fulfilled: done, rejected: failed, abandoned })
  else done(result, 0)
  return result
}
