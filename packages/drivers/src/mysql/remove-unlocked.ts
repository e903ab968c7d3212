import { Number } from '@osprofiler/core/toolkit'
import { removeByHalves } from '../sql/remove-by-halves.js'
import type { SqlSession } from '../sql/session.js'

/**
 * The first version of MariaDB with SKIP LOCKED: 10.6, written here as 10.06. Every version of MySQL 8 has SKIP LOCKED.
 */
const MIN_SKIP_LOCKED_VERSION = 10.06

/**
 * Returns a function that removes the given rows, except those that another transaction has locked. The function
 * resolves to the number of removed rows.
 */
export function createRowRemover(session: SqlSession, version: string): (ids: readonly number[]) => Promise<number> {
  const [, major, minor = ''] = /^(\d+)\.(\d+).*MariaDB/i.exec(version) ?? []
  const canSkipLocked = major === undefined || Number(major) + Number(minor) / 100 >= MIN_SKIP_LOCKED_VERSION

  async function runRemoval(prefix: string, lockClause: string, ids: readonly number[]): Promise<number> {
    const { changed } = await session.run(`${prefix} ${buildRemoval(ids.length, lockClause)}`, [ids])
    return changed
  }

  if (canSkipLocked) return ids => runRemoval('', 'SKIP LOCKED', ids)
  return async ids => {
    // Waits for a lock on the whole table only once, instead of once for each half of the rows.
    await session.run('SELECT id FROM data LIMIT 0 FOR UPDATE')
    return await removeByHalves(ids, some => runRemoval('SET STATEMENT innodb_lock_wait_timeout = 0 FOR', '', some))
  }
}

/**
 * Builds the statement that removes rows. The order of the join makes the server look up each row by its key. With only
 * a condition on the ids, the server might scan the table and wait for unrelated locks. The LIMIT makes MySQL put the
 * ids into a separate temporary table.
 */
function buildRemoval(rows: number, lockClause: string): string {
  return `DELETE data FROM (SELECT id FROM data WHERE id IN (?) LIMIT ${rows} FOR UPDATE ${lockClause}) AS free
    STRAIGHT_JOIN data FORCE INDEX (PRIMARY) ON data.id = free.id`
}
