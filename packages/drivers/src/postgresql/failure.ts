import { Map, Set, String } from '@osprofiler/core/toolkit'
import { adviseConnection, SqlFailure, type SqlVerdict } from '../sql/failure.js'

const READ_ONLY_STATE = '25006'
const ADVICE_BY_STATE = new Map([
  ['28P01', 'refuses this user and password; correct them in the connection string'],
  ['28000', 'refuses this user from this host; see its pg_hba.conf, and sslmode in the connection string'],
  ['3D000', 'has no such database; create it, or name another one in the connection string'],
  [
    '42501',
    'denies this user an operation; grant the user SELECT, INSERT and DELETE on the table "data", and its sequence',
  ],
  [READ_ONLY_STATE, 'is read-only: it is a standby, or its transactions are read-only'],
  ['53100', 'is on a full disk'],
  ['53300', 'has no connection left; raise its max_connections, or use fewer processes'],
  ['57P03', 'is starting up or shutting down'],
  ['2200H', 'has used up the ids of its table "data"; make the column id a BIGINT'],
  ['3F000', 'has no schema for its table; see the search_path of this user'],
])

/** SQLSTATEs for a lock wait that took too long, and for a deadlock. */
const LOCK_STATES = new Set(['55P03', '40P01'])
const REFUSED_STATES = /^(?:22(?!00H)...|23...|44...|54...|P0001)$/
/**
 * SQLSTATEs of errors after which the connection ends. The client reports these errors, but not the end of the
 * connection.
 */
const LOST_STATES = /^(?:08...|57P0.)$/

/** Converts an error of `pg`. An error without a severity comes from the connection, and counts as `lost`. */
export function toPostgresqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const { message, code, severity, constraint } = error as Record<string, unknown>
  const state = typeof code === 'string' ? code : undefined
  const text = String(message)
  // Only errors from the server have a severity. All other errors concern the connection.
  const verdict = severity === undefined ? 'lost' : toVerdict(state ?? '', severity, constraint)
  const advice = ADVICE_BY_STATE.get(state ?? '') ?? adviseClient(text) ?? adviseConnection(text, state)
  return new SqlFailure(text, state, verdict, advice)
}

/**
 * Creates the failure for a read-only server. Its message is the same as for a statement that the server itself refuses
 * as read-only.
 */
export function createReadOnlyFailure(): SqlFailure {
  return new SqlFailure('read-only', READ_ONLY_STATE, 'readonly', ADVICE_BY_STATE.get(READ_ONLY_STATE))
}

function toVerdict(state: string, severity: unknown, constraint: unknown): SqlVerdict {
  if (severity === 'FATAL' || severity === 'PANIC' || LOST_STATES.test(state)) return 'lost'
  if (state === '42P01') return 'missing'
  if (LOCK_STATES.has(state)) return 'locked'
  if (state === READ_ONLY_STATE) return 'readonly'
  // A conflict in the primary key means that the sequence lags behind the ids in the table. The server may accept the
  // same row later, with the next number of the sequence.
  if (constraint === 'data_pkey') return 'failed'
  return REFUSED_STATES.test(state) ? 'refused' : 'failed'
}

function adviseClient(message: string): string | undefined {
  if (message.includes('client password must be')) return 'asks for a password; put one into the connection string'
  if (message.includes('does not support SSL')) return 'does not speak TLS; use sslmode=disable'
  return message.startsWith('Connection terminated') ? 'broke the connection' : undefined
}
