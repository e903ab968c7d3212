import { readFileSync } from 'node:fs'
import { codeOf } from '../output/failure.js'
import { wrongRequest } from './wrong-request.js'

/**
 * The bytes of a file that a request is made of, or of standard input for `-`.
 *
 * @param what for people, such as `the body`
 * @throws OsprofilerError `ERR_CONFIGURATION`
 */
export function readRequestFile(what: string, file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw wrongRequest(`Cannot read ${what} from ${file === '-' ? 'standard input' : file}: ${codeOf(cause)}.`)
  }
}
