import { Array, isError } from '@osprofiler/core/toolkit'

/** Returns the error of the first address if all addresses of a host failed. Their common error has no message. */
export function unwrapAggregate(error: unknown): unknown {
  return isError(error) && error.message === '' && 'errors' in error && Array.isArray(error.errors)
    ? error.errors[0]
    : error
}
