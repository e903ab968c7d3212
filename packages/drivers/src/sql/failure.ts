import { Error, Map } from '@osprofiler/core/toolkit'

/**
 * The meaning of a statement's failure.
 * - `refused`: The database will never accept these rows, but may accept other rows.
 * - `missing`: The table does not exist.
 * - `lost`: The connection broke, so it is unknown whether the statement was executed.
 * - `readonly`: The statement was not executed, because the server is read-only. After a failover, another server may
 *   answer at this address.
 * - `locked`: The statement was not executed, because another transaction has locked a row or table that the statement
 *   needs.
 * - `failed`: The statement was not executed for any other reason.
 */
export type SqlVerdict = 'refused' | 'missing' | 'lost' | 'readonly' | 'locked' | 'failed'

/**
 * An error of a client, without the statement, its values and the connection, because these must not appear in messages
 * and logs.
 */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure'
  /** The error code of the database or of the operating system. */
  readonly code: string | undefined
  readonly verdict: SqlVerdict
  /** What is wrong and what to do, as the end of a sentence that begins with "The store ...". */
  readonly advice: string | undefined

  constructor(message: string, code: string | undefined, verdict: SqlVerdict, advice?: string) {
    super(message)
    this.code = code
    this.verdict = verdict
    this.advice = advice
  }
}

/** Returns whether an error is an `SqlFailure` with this verdict. */
export function isFailure(error: unknown, verdict: SqlVerdict): boolean {
  return error instanceof SqlFailure && error.verdict === verdict
}

const ADVICE = new Map([
  ['ECONNREFUSED', 'cannot be reached: nothing listens there'],
  ['ECONNRESET', 'broke the connection'],
  ['EPIPE', 'broke the connection'],
  ['ENOENT', 'cannot be reached: there is no such socket'],
  ['ENOTFOUND', 'cannot be reached: its name is not known'],
  ['EHOSTUNREACH', 'cannot be reached: there is no route to it'],
  ['ENETUNREACH', 'cannot be reached: there is no route to it'],
])

/** Returns advice for a connection error if the same advice is right for all databases. */
export function adviseConnection(message: string, code: string | undefined): string | undefined {
  if (/certificate|ALTNAME/i.test(`${code} ${message}`)) {
    return `has a certificate that cannot be verified (${message}); see the options for TLS in the connection string`
  }
  return ADVICE.get(code ?? '')
}
