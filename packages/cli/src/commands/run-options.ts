import type { CurlOptions } from './curl-options.js'
import type { ShowOptions } from './show-options.js'

/** The options of `run`. */
export interface RunOptions extends CurlOptions, ShowOptions {
  readonly hmacKeyFile?: string
  readonly hmacKey?: string
  readonly times: number
  readonly baseline?: string
  readonly saveBaseline?: string
  /** A fraction of 1. */
  readonly failOn?: number
  /** In seconds. */
  readonly timeout: number
}
