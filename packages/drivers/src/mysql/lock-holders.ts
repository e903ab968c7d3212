import { Number, String } from '@osprofiler/core/toolkit'
import type { LockHolder, LockHolders } from '../sql/lock-holders.js'
import type { SqlSession } from '../sql/session.js'

const MAX_HOLDERS = 20
const TRANSACTION_SECONDS = 'TIMESTAMPDIFF(SECOND, t.trx_started, NOW())'

/**
 * Selects open transactions. An XA transaction that was prepared has no process: its connection has ended, but its
 * locks remain.
 */
const TRANSACTIONS = `SELECT t.trx_mysql_thread_id, p.user, p.host, ${TRANSACTION_SECONDS}, p.id IS NULL
  FROM information_schema.innodb_trx AS t LEFT JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
  WHERE t.trx_mysql_thread_id <> CONNECTION_ID()`

const ROW_LOCKS_QUERY = `${TRANSACTIONS} AND t.trx_rows_locked > 0 ORDER BY t.trx_started LIMIT ${MAX_HOLDERS}`

/** Omits waiting sessions: a session that waits for a lock blocks only sessions that wait for the same lock. */
const NOT_WAITING = `(p.state IS NULL OR p.state NOT LIKE 'Waiting for%')`
const OPEN_TRANSACTIONS_QUERY = `${TRANSACTIONS} AND ${NOT_WAITING} ORDER BY t.trx_started LIMIT ${MAX_HOLDERS}`

/**
 * Lock modes that block other writers, such as the lock modes of LOCK TABLES, ALTER TABLE and FLUSH TABLES WITH READ
 * LOCK.
 */
const BLOCKING_MODES = `'SHARED_READ_ONLY|SHARED_NO_|EXCLUSIVE$|FTWRL|^GLOBAL SHARED$'`

/**
 * Selects the sessions that hold table locks. Sessions whose locks block writers come first. The other sessions may
 * also be the cause, because a session that waits for one of their locks may block writers.
 */
function buildTableLocksQuery(id: string, mode: string, table: string, from: string): string {
  const isHeld = `${id} <> CONNECTION_ID() AND ${NOT_WAITING}`
  return `SELECT ${id}, p.user, p.host, ${TRANSACTION_SECONDS}, FALSE, (${mode}) REGEXP ${BLOCKING_MODES} AS blocks_writers
    FROM ${from} LEFT JOIN information_schema.processlist AS p ON p.id = ${id}
    LEFT JOIN information_schema.innodb_trx AS t ON t.trx_mysql_thread_id = ${id}
    WHERE ${isHeld} AND (${table} OR (${mode}) REGEXP 'FTWRL|^GLOBAL SHARED$')
    ORDER BY blocks_writers DESC, t.trx_started LIMIT ${MAX_HOLDERS}`
}

/**
 * Queries for the sessions with table locks. The table of the first query exists in MySQL, and in MariaDB if the
 * performance schema is enabled. The table of the second query exists in MariaDB with the plugin `metadata_lock_info`.
 */
const TABLE_LOCKS_QUERIES = [
  buildTableLocksQuery(
    'h.processlist_id',
    `IF(m.object_type = 'GLOBAL', CONCAT('GLOBAL ', m.lock_type), m.lock_type)`,
    `m.lock_status = 'GRANTED' AND m.object_type = 'TABLE' AND m.object_schema = DATABASE() AND m.object_name = 'data'`,
    'performance_schema.metadata_locks AS m JOIN performance_schema.threads AS h ON h.thread_id = m.owner_thread_id',
  ),
  buildTableLocksQuery(
    'm.thread_id',
    'm.lock_mode',
    `m.table_schema = DATABASE() AND m.table_name = 'data'`,
    'information_schema.metadata_lock_info AS m',
  ),
]

const ROWS_ADVICE = 'SHOW ENGINE INNODB STATUS and XA RECOVER show more'
const TABLE_ADVICE = 'the plugin metadata_lock_info, SHOW ENGINE INNODB STATUS and XA RECOVER show more'

interface FoundHolder extends LockHolder {
  readonly blocksWriters: boolean
}

/**
 * Finds sessions that may have locked rows of the table, or the table itself. Omits sessions without locks or
 * transactions.
 */
export async function findMysqlHolders(session: SqlSession, rowsOnly: boolean): Promise<LockHolders> {
  for (const query of rowsOnly ? [] : TABLE_LOCKS_QUERIES) {
    const found = (await queryHolders(session, query)) ?? []
    const blocking = found.filter(({ blocksWriters }) => blocksWriters)
    if (blocking.length > 0) return { holders: blocking, areSure: true, advice: undefined }
    if (found.length > 0) return { holders: found, areSure: found.length === 1, advice: undefined }
  }
  const open = await queryHolders(session, rowsOnly ? ROW_LOCKS_QUERY : OPEN_TRANSACTIONS_QUERY)
  if (open === undefined) return { holders: [], areSure: false, advice: 'to see the owner, grant this user PROCESS' }
  // MariaDB has no table that shows which session holds a row lock. But if there is only one candidate, it must be the
  // holder.
  const areSure = rowsOnly && open.length === 1
  return { holders: open, areSure, advice: rowsOnly ? ROWS_ADVICE : TABLE_ADVICE }
}

/**
 * Runs a query for sessions. Returns undefined if the database user has no permission for the query, or if the server
 * has no such table.
 */
async function queryHolders(session: SqlSession, query: string): Promise<readonly FoundHolder[] | undefined> {
  const answer = await session.run(query).catch(() => undefined)
  return answer?.rows.map(([id, user, host, seconds, isAlone, blocksWriters]) => ({
    ...(Number(isAlone) === 1
      ? {
          name: 'a prepared transaction without a connection',
          remedy: '"XA RECOVER", and "XA ROLLBACK" for each transaction in its list',
        }
      : { name: `connection ${id}`, remedy: `"KILL ${id}"` }),
    user: user === null ? undefined : String(user),
    host: host ? String(host) : undefined,
    seconds: seconds === null ? undefined : Number(seconds),
    blocksWriters: Number(blocksWriters) === 1,
  }))
}
