import { Error, Object } from '@osprofiler/core/toolkit'

/**
 * Creates the error for an aborted request. The message gives the reason for the abort, without the name of the store.
 */
export function createNoAnswerError(message: string): Error {
  return Object.assign(new Error(message), { name: 'NoAnswer' })
}
