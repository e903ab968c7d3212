import { recordErrorAs } from '@osprofiler/core'
import { Error } from '@osprofiler/core/toolkit'

/** The name that a record gives an error: its class, unless that says less than the name that it was given. */
export function errorName(error: Error): string {
  const className = error.constructor.name
  return ['', 'Error', 'Object', 'DOMException'].includes(className) ? error.name : className
}

/**
 * An error with another message, for records: the libraries' own repeat the values that they were given. The points
 * around the one that failed, to which the error itself is thrown on, record it so as well.
 */
export function recordWithMessage(error: Error, message: string): Error {
  const shown = new Error(message)
  shown.name = errorName(error)
  recordErrorAs(error, shown)
  return shown
}
