import { Error } from './platform.js'

/** The reason for an error, for comparisons in code. Codes are stable across versions, unlike messages. */
export type OsprofilerErrorCode =
  | 'ERR_CONFIGURATION'
  | 'ERR_NO_KEYS'
  | 'ERR_UNKNOWN_DRIVER'
  | 'ERR_CONNECTION_STRING'
  | 'ERR_MISSING_CLIENT'
  | 'ERR_NOT_READABLE'
  | 'ERR_STORE'
  | 'ERR_STORE_LOCKED'
  | 'ERR_WRITE_REFUSED'
  | 'ERR_WRITE_UNCERTAIN'
  | 'ERR_TRACE_NOT_FOUND'
  | 'ERR_TRACE_FILE'
  | 'ERR_BROKER'
  | 'ERR_REMOTE'
  | 'ERR_TIMEOUT'
  | 'ERR_UNDELIVERABLE'

/**
 * Any failure of OSProfiler, except for invalid arguments, which cause a `TypeError`. The message is one line: what
 * happened, with which value, and what to do next. It never contains a key or a password.
 */
export class OsprofilerError extends Error {
  // A class field works even if the application froze `Error.prototype`. An assignment would fail.
  override readonly name: string = 'OsprofilerError'
  readonly code: OsprofilerErrorCode

  constructor(code: OsprofilerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
