import { Map, Set, String } from '@osprofiler/core/toolkit'
import { adviseConnection, SqlFailure, type SqlVerdict } from '../sql/failure.js'

const NO_LEAVE = 'does not let this user do that; grant it SELECT, INSERT and DELETE on the table "data"'
const READ_ONLY = 'can only be read: it is a replica, or was set so'
const LOCKED = 'has locked this user; unlock it, or name another one in the connection string'
const FULL = 'is on a full disk'

/** Advice for users, by the error numbers of the servers. */
const ADVICE = new Map([
  [1045, 'does not take this user and password; correct them in the connection string'],
  [1698, 'does not take this user and password; correct them in the connection string'],
  [3118, LOCKED],
  [4151, LOCKED],
  [1130, 'does not let anybody in from here; see the hosts of its users'],
  [1044, 'does not let this user use that database; grant it that'],
  [1049, 'has no such database; create it, or name another one in the connection string'],
  [1142, NO_LEAVE],
  [1143, NO_LEAVE],
  [1227, NO_LEAVE],
  [1290, READ_ONLY],
  [1792, READ_ONLY],
  [1836, READ_ONLY],
  [1021, FULL],
  [1114, FULL],
  [1040, 'has no connection left; raise its max_connections, or use fewer processes'],
  [1203, 'has no connection left for this user; raise its max_user_connections, or use fewer processes'],
  [1129, 'has blocked this host after too many failed connections; FLUSH HOSTS ends that'],
  [1053, 'is shutting down'],
  [3159, 'speaks TLS alone; ssl_mode=REQUIRED makes use of it'],
  [1467, 'has used up the numbers of its table "data"; make the column id a BIGINT'],
])

/** A value too long or of the wrong kind, a constraint that fails, a row too large, or a trigger that signals. */
const REFUSED = /^(?:22...|23...|44...|45000)$/
const REFUSED_NUMBERS = new Set([1118, 1366, 1406, 3140, 3819, 4025])
/** The wait for a lock was too long, or not allowed. A deadlock is different, because a retry resolves it. */
const WAITED = new Set([1205, 3572])
/** The server ends the connection with these errors. */
const LOST = new Set([1053, 1077, 1079, 1080, 1152, 1153, 1157, 1158, 1159, 1160, 1161, 1317, 1927, 4031])

/** Converts an error of `mysql2`. */
export function toMysqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error
  const { message, code, errno, sqlState } = error as Record<string, unknown>
  const text = String(message)
  const name = typeof code === 'string' ? code : undefined
  // Only errors of a server have a state. All others are about the connection.
  if (typeof sqlState !== 'string' || typeof errno !== 'number') {
    return new SqlFailure(text, name, 'lost', adviseClient(text, name) ?? adviseConnection(text, name))
  }
  return new SqlFailure(text, name, toVerdict(errno, sqlState, text), ADVICE.get(errno))
}

function toVerdict(errno: number, state: string, message: string): SqlVerdict {
  if (LOST.has(errno)) return 'lost'
  if (errno === 1146) return 'missing'
  if (WAITED.has(errno)) return 'locked'
  if (ADVICE.get(errno) === READ_ONLY) return 'readonly'
  // A counter lags behind, or is at its end. The row is not at fault.
  if (message.includes('PRIMARY')) return 'failed'
  return REFUSED.test(state) || REFUSED_NUMBERS.has(errno) ? 'refused' : 'failed'
}

function adviseClient(message: string, code: string | undefined): string | undefined {
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'does not speak TLS; ssl_mode=DISABLED does without'
  if (code === 'PROTOCOL_CONNECTION_LOST' || message.includes('closed state')) return 'broke the connection'
  return undefined
}
