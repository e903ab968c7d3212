import { Array, isError } from '@osprofiler/core/toolkit'

/** The failure of the first address, where all of a host's addresses failed: the error for them all says nothing. */
export function unwrapAggregate(error: unknown): unknown {
  return isError(error) && error.message === '' && 'errors' in error && Array.isArray(error.errors)
    ? error.errors[0]
    : error
}
