import { Number, String } from '@osprofiler/core/toolkit'
import type { LockHolder, LockHolders } from '../sql/lock-holders.js'
import type { SqlSession } from '../sql/session.js'

const MOST = 3
const COLUMNS = 'p.id, p.user, p.host'
const SECONDS = 'TIMESTAMPDIFF(SECOND, t.trx_started, NOW())'

const LOCKED_ROWS = `SELECT ${COLUMNS}, ${SECONDS}
  FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
  WHERE p.id <> CONNECTION_ID() AND t.trx_rows_locked > 0 ORDER BY t.trx_started LIMIT ${MOST}`

/** MySQL has it, and MariaDB where its performance schema is on. */
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

/** Who may have locked rows of a table, or the table itself. */
export async function findMysqlHolders(session: SqlSession, rowsAlone: boolean): Promise<LockHolders> {
  const sure = await ask(session, rowsAlone ? LOCKED_ROWS : LOCKED_TABLE)
  const known = { remedy: '"KILL ID"', right: 'GRANT PROCESS' }
  if (sure.length > 0) return { ...known, holders: sure, areSure: true }
  for (const question of [OPEN_TRANSACTIONS, CONNECTIONS]) {
    const holders = await ask(session, question)
    if (holders.length > 0) return { ...known, holders, areSure: false }
  }
  return { ...known, holders: [], areSure: false }
}

/** Nobody, where this user may not ask, or the server has no such table. */
async function ask(session: SqlSession, question: string): Promise<readonly LockHolder[]> {
  const { rows } = await session.run(question).catch(() => ({ rows: [] }))
  return rows.map(([id, user, host, seconds]) => ({
    id: String(id),
    user: String(user),
    host: host ? String(host) : undefined,
    seconds: seconds === null ? undefined : Number(seconds),
  }))
}
