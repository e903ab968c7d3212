import { Array, isError } from '@osprofiler/core/toolkit'

/**
 * If all addresses of a host failed, returns the error of the first address, because the `AggregateError` has no
 * message.
 */
export function unwrapAggregate(error: unknown): unknown {
  return isError(error) && error.message === '' && 'errors' in error && Array.isArray(error.errors)
    ? error.errors[0]
    : error
}
