import { Error, Map } from '@osprofiler/core/toolkit'

/**
 * What a failed statement means. `refused`: the database takes these rows never, other rows perhaps. `missing`: there
 * is no table. `lost`: the connection broke, and whether the statement was carried out is not known. `readonly`: it was
 * not, for the server can only be read; after a failover another one is at its address. `locked`: it was not, for
 * another transaction has locked what it needs. `failed`: it was not.
 */
export type SqlVerdict = 'refused' | 'missing' | 'lost' | 'readonly' | 'locked' | 'failed'

/** A client's error without what does not belong into messages and logs: no statement, no values, no connection. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure'
  /** The database's or the system's. */
  readonly code: string | undefined
  readonly verdict: SqlVerdict
  /** What is wrong and what to do, to follow on "The store ...". */
  readonly advice: string | undefined

  constructor(message: string, code: string | undefined, verdict: SqlVerdict, advice?: string) {
    super(message)
    this.code = code
    this.verdict = verdict
    this.advice = advice
  }
}

/** Whether an error is an `SqlFailure` of that meaning. */
export function isFailure(error: unknown, verdict: SqlVerdict): boolean {
  return error instanceof SqlFailure && error.verdict === verdict
}

const ADVICE = new Map([
  ['ECONNREFUSED', 'cannot be reached: nothing listens there'],
  ['ECONNRESET', 'broke the connection'],
  ['EPIPE', 'broke the connection'],
  ['ENOENT', 'cannot be reached: there is no such socket'],
  ['ENOTFOUND', 'cannot be reached: its name is not known'],
  ['EHOSTUNREACH', 'cannot be reached: there is no way to it'],
  ['ENETUNREACH', 'cannot be reached: there is no way to it'],
])

/** What a connection's error means for the one who runs the program, where that does not depend on the database. */
export function adviseConnection(message: string, code: string | undefined): string | undefined {
  if (/certificate|ALTNAME/i.test(`${code} ${message}`)) {
    return `has a certificate that cannot be verified (${message}); see the options for TLS in the connection string`
  }
  return ADVICE.get(code ?? '')
}
