import { Map, Set, String } from '@osprofiler/core/toolkit'
import { adviseConnection, SqlFailure, type SqlVerdict } from '../sql/failure.js'

const MISSING_PRIVILEGE = 'denies this user an operation; grant the user SELECT, INSERT and DELETE on the table "data"'
const READ_ONLY = 'is read-only: it is a replica, or was configured as read-only'
const LOCKED_USER = 'has locked this user; unlock it, or name another one in the connection string'
const FULL_DISK = 'is on a full disk'

/** Advice for users, by the servers' error numbers. */
const ADVICE_BY_CODE = new Map([
  [1045, 'refuses this user and password; correct them in the connection string'],
  [1698, 'refuses this user and password; correct them in the connection string'],
  [3118, LOCKED_USER],
  [4151, LOCKED_USER],
  [1130, 'accepts no user from this host; allow the user to connect from this host'],
  [1044, 'does not let this user use the database; grant the user the right to use it'],
  [1049, 'has no such database; create it, or name another one in the connection string'],
  [1142, MISSING_PRIVILEGE],
  [1143, MISSING_PRIVILEGE],
  [1227, MISSING_PRIVILEGE],
  [1290, READ_ONLY],
  [1792, READ_ONLY],
  [1836, READ_ONLY],
  [1021, FULL_DISK],
  [1114, FULL_DISK],
  [1040, 'has no connection left; raise its max_connections, or use fewer processes'],
  [1203, 'has no connection left for this user; raise its max_user_connections, or use fewer processes'],
  [1129, 'has blocked this host after too many failed connections; run FLUSH HOSTS to unblock the host'],
  [1053, 'is shutting down'],
  [3159, 'accepts only TLS; use ssl_mode=REQUIRED'],
  [1467, 'has used up the ids of its table "data"; make the column id a BIGINT'],
])

/**
 * SQL states of permanent refusals: for values that are too long or have the wrong type, for violated constraints, and
 * for errors from triggers. `REFUSED_CODES` contains error numbers of further refusals, such as a row that is too
 * large.
 */
const REFUSED_STATES = /^(?:22...|23...|44...|45000)$/
const REFUSED_CODES = new Set([1118, 1366, 1406, 3140, 3819, 4025])
/**
 * Error numbers for a lock wait that took too long or was not allowed. The number for a deadlock is not included,
 * because a retry resolves a deadlock.
 */
const LOCK_WAIT_CODES = new Set([1205, 3572])
/** Error numbers after which the server ends the connection. */
const LOST_CODES = new Set([1053, 1077, 1079, 1080, 1152, 1153, 1157, 1158, 1159, 1160, 1161, 1317, 1927, 4031])

/** Converts an error of `mysql2`. */
export function toMysqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const { message, code, errno, sqlState } = error as Record<string, unknown>
  const text = String(message)
  const name = typeof code === 'string' ? code : undefined
  // Only errors from a server have an SQL state. All other errors concern the connection.
  if (typeof sqlState !== 'string' || typeof errno !== 'number') {
    return new SqlFailure(text, name, 'lost', adviseClient(text, name) ?? adviseConnection(text, name))
  }
  return new SqlFailure(text, name, toVerdict(errno, sqlState, text), ADVICE_BY_CODE.get(errno))
}

function toVerdict(errno: number, state: string, message: string): SqlVerdict {
  if (LOST_CODES.has(errno)) return 'lost'
  if (errno === 1146) return 'missing'
  if (LOCK_WAIT_CODES.has(errno)) return 'locked'
  if (ADVICE_BY_CODE.get(errno) === READ_ONLY) return 'readonly'
  // A conflict in the primary key means that the AUTO_INCREMENT counter lags behind or is exhausted. The server may
  // accept the same row later.
  if (message.includes('PRIMARY')) return 'failed'
  return REFUSED_STATES.test(state) || REFUSED_CODES.has(errno) ? 'refused' : 'failed'
}

function adviseClient(message: string, code: string | undefined): string | undefined {
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'does not speak TLS; use ssl_mode=DISABLED'
  if (code === 'PROTOCOL_CONNECTION_LOST' || message.includes('closed state')) return 'broke the connection'
  return undefined
}
