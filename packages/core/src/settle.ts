import { types } from 'node:util'

/**
 * Runs `fn` and tells once how it ended, when its promise settles where it returns one. The caller gets what it
 * would have got without us: the same value, or the same exception.
 *
 * Only real promises are followed. Another thenable (a query builder) is a value: calling its `then` could run it.
 */
export function settle<T>(fn: () => T, done: (value: unknown) => void, failed: (error: unknown) => void): T {
  let result: T
  try {
    result = fn()
  } catch (error) {
    failed(error)
    throw error
  }
  if (types.isPromise(result)) return follow(result, done, failed) as T
  done(result)
  return result
}

function follow(
  promise: Promise<unknown>,
  done: (value: unknown) => void,
  failed: (error: unknown) => void,
): Promise<unknown> {
  // Own names only: on Node 20 and 22 every promise of a traced context has symbols of AsyncLocalStorage on it.
  if (Object.getPrototypeOf(promise) !== Promise.prototype || Object.getOwnPropertyNames(promise).length > 0) {
    observe(promise, done, failed)
    return promise
  }
  return promise.then(
    value => {
      done(value)
      return value
    },
    error => {
      failed(error)
      throw error
    },
  )
}

/**
 * Follows a promise that has members of its own (`got(url).json()`): the caller needs this very object. Its failure
 * then counts as handled, for nothing tells whether anybody else waits for it.
 */
function observe(promise: Promise<unknown>, done: (value: unknown) => void, failed: (error: unknown) => void): void {
  try {
    Promise.prototype.then.call(promise, done, failed)
  } catch {
    // A class of promises that cannot be derived from, as those that begin their work when they are waited for.
    done(promise)
  }
}
