import type { ShowOptions } from './show-options.js'

/** The options of `run`. */
export interface RunOptions extends ShowOptions {
  readonly request?: string
  readonly header?: readonly string[]
  readonly data?: readonly string[]
  readonly hmacKeyFile?: string
  readonly hmacKey?: string
  readonly times: number
  /** In seconds. */
  readonly timeout: number
}
