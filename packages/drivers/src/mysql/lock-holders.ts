import { Number, String } from '@osprofiler/core/toolkit'
import type { LockHolder, LockHolders } from '../sql/lock-holders.js'
import type { SqlSession } from '../sql/session.js'

const MOST = 3
const COLUMNS = 'p.id, p.user, p.host'
const SECONDS = 'TIMESTAMPDIFF(SECOND, t.trx_started, NOW())'

const LOCKED_ROWS = `SELECT ${COLUMNS}, ${SECONDS}
  FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
  WHERE p.id <> CONNECTION_ID() AND t.trx_rows_locked > 0 ORDER BY t.trx_started LIMIT ${MOST}`

/** MySQL has this table, and MariaDB where its performance schema is on. */
const LOCKED_TABLE = `SELECT DISTINCT ${COLUMNS}, ${SECONDS}
  FROM performance_schema.metadata_locks AS m JOIN performance_schema.threads AS h ON h.thread_id = m.owner_thread_id
  JOIN information_schema.processlist AS p ON p.id = h.processlist_id
  LEFT JOIN information_schema.innodb_trx AS t ON t.trx_mysql_thread_id = p.id
  WHERE p.id <> CONNECTION_ID() AND m.object_schema = DATABASE() AND m.object_name = 'data'
    AND m.lock_status = 'GRANTED' ORDER BY t.trx_started LIMIT ${MOST}`

/** A transaction that has begun is more to the point than a connection. */
const OPEN_TRANSACTIONS = `SELECT ${COLUMNS}, ${SECONDS}
  FROM information_schema.processlist AS p LEFT JOIN information_schema.innodb_trx AS t ON t.trx_mysql_thread_id = p.id
  WHERE p.id <> CONNECTION_ID() AND (p.db = DATABASE() OR t.trx_id IS NOT NULL)
  ORDER BY t.trx_started IS NULL, t.trx_started, p.time DESC LIMIT ${MOST}`

/** Without the right PROCESS a user sees the connections of its own name. */
const CONNECTIONS = `SELECT ${COLUMNS}, NULL FROM information_schema.processlist AS p
  WHERE p.id <> CONNECTION_ID() AND p.db = DATABASE() ORDER BY p.time DESC LIMIT ${MOST}`

/** Finds the sessions that may have locked rows of the table, or the table itself. */
export async function findMysqlHolders(session: SqlSession, rowsAlone: boolean): Promise<LockHolders> {
  const remedy = '"KILL ID"'
  const sure = await ask(session, rowsAlone ? LOCKED_ROWS : LOCKED_TABLE)
  if (sure !== undefined && sure.length > 0) return { holders: sure, areSure: true, remedy, right: undefined }
  const holders = await ask(session, OPEN_TRANSACTIONS)
  if (holders !== undefined) return { holders, areSure: false, remedy, right: undefined }
  const own = (await ask(session, CONNECTIONS)) ?? []
  return { holders: own, areSure: false, remedy, right: 'GRANT PROCESS' }
}

/** The answer is `undefined` where this user may not ask, or the server has no such table. */
async function ask(session: SqlSession, question: string): Promise<readonly LockHolder[] | undefined> {
  const answer = await session.run(question).catch(() => undefined)
  return answer?.rows.map(([id, user, host, seconds]) => ({
    id: String(id),
    user: String(user),
    host: host ? String(host) : undefined,
    seconds: seconds === null ? undefined : Number(seconds),
  }))
}
