import { Number, String } from '@osprofiler/core/toolkit'
import type { LockHolders } from '../sql/lock-holders.js'
import type { SqlSession } from '../sql/session.js'

/**
 * The columns that describe a session. For the session of another user, a user without special rights sees only the
 * user name.
 */
const HOLDER_COLUMNS = `pid, usename, coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'localhost' END),
  floor(extract(epoch FROM now() - xact_start))`

/**
 * Finds the transactions that locked rows. `xmax` of a locked row contains the number of the transaction, unless
 * several transactions share the lock.
 */
const ROW_HOLDERS_QUERY = `SELECT ${HOLDER_COLUMNS} FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND backend_xid::text IN (SELECT xmax::text FROM data WHERE id = ANY($1))
  ORDER BY xact_start LIMIT 3`

/** Finds the sessions that locked the table. Omits sessions that only read, because they block no other session. */
const TABLE_HOLDERS_QUERY = `SELECT ${HOLDER_COLUMNS} FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND pid IN (
    SELECT pid FROM pg_locks WHERE relation = to_regclass('data') AND mode <> 'AccessShareLock')
  ORDER BY xact_start LIMIT 3`

/**
 * Finds at most three sessions that have locked one of the rows. If no session has locked a row, finds sessions that
 * may have locked the table.
 */
export async function findPostgresqlHolders(
  session: SqlSession,
  ids: readonly number[] | undefined,
): Promise<LockHolders> {
  const rowHolders = ids === undefined ? [] : await queryHolders(session, ROW_HOLDERS_QUERY, [ids])
  const holders = rowHolders.length > 0 ? rowHolders : await queryHolders(session, TABLE_HOLDERS_QUERY, [])
  return {
    holders,
    areSure: rowHolders.length > 0,
    advice: holders.some(({ seconds }) => seconds === undefined)
      ? 'to see the owner, grant this user pg_read_all_stats'
      : undefined,
  }
}

async function queryHolders(session: SqlSession, query: string, values: readonly unknown[]) {
  const { rows } = await session.run(query, values)
  return rows.map(([pid, user, host, seconds]) => ({
    name: `connection ${pid}`,
    remedy: `"SELECT pg_terminate_backend(${pid})"`,
    user: user === null ? undefined : String(user),
    host: host === null ? undefined : String(host),
    seconds: seconds === null ? undefined : Number(seconds),
  }))
}
