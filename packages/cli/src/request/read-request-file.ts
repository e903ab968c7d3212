import { readFileSync } from 'node:fs'
import { codeOf } from '../output/failure.js'
import { wrongRequest } from './wrong-request.js'

/** Reads a file, or standard input for `-`. Throws `ERR_CONFIGURATION`, with a name such as `the body` for people. */
export function readRequestFile(what: string, file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw wrongRequest(`Cannot read ${what} from ${file === '-' ? 'standard input' : file}: ${codeOf(cause)}.`)
  }
}
