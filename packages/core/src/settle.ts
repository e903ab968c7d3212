import { types } from 'node:util'

/**
 * Runs `fn` and tells once how it ended, when its promise settles where it returns one. The caller gets what it
 * would have got without us: the same value, the same exception, a promise that is handled or not as before.
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
  if (Object.getPrototypeOf(promise) !== Promise.prototype || Reflect.ownKeys(promise).length > 0) {
    // One with members of its own (`got(url).json()`): the caller needs this very object.
    Promise.prototype.then.call(promise, done, failed)
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
