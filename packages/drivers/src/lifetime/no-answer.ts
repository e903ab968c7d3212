import { Error, Object } from '@osprofiler/core/toolkit'

/**
 * Creates the error for a request that was aborted. The message gives the reason for the abort, and does not name the
 * store.
 */
export function createNoAnswerError(message: string): Error {
  return Object.assign(new Error(message), { name: 'NoAnswer' })
}
