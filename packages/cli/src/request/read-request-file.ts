import { readFileSync } from 'node:fs'
import { codeOf } from '../output/create-failure.js'
import { createRequestError } from './create-request-error.js'

/**
 * Reads a file, or standard input for `-`. Throws `ERR_CONFIGURATION` with a message that names `subject`, such as `the
 * body`.
 */
export function readRequestFile(subject: string, file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw createRequestError(`Cannot read ${subject} from ${file === '-' ? 'standard input' : file}: ${codeOf(cause)}.`)
  }
}
