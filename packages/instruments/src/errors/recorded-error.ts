import { recordErrorAs } from '@osprofiler/core'
import { Error } from '@osprofiler/core/toolkit'

/**
 * Returns the error name that a record shows: the class name, or `error.name` if the class is generic, such as `Error`.
 */
export function getErrorName(error: Error): string {
  const className = error.constructor.name
  return ['', 'Error', 'Object', 'DOMException'].includes(className) ? error.name : className
}

/**
 * Replaces the message of an error in all records, because a library's messages may repeat the values that were passed
 * to the library.
 */
export function recordWithMessage(error: Error, message: string): Error {
  const shown = new Error(message)
  shown.name = getErrorName(error)
  recordErrorAs(error, shown)
  return shown
}
