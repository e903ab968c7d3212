import type { SqlSession } from '../sql/session.js'

// Both of them know it, since MySQL 8.0.1 and MariaDB 10.6, and each takes the other's comment for one. An older
// MariaDB takes both for comments, and waits.
const SKIP_LOCKED = '/*!80001 SKIP LOCKED */ /*M!100600 SKIP LOCKED */'

/**
 * Removes those rows that no other transaction has locked, and says how many these were. The order of the join, and the
 * limit, without which MySQL would have no table of its own for the ids, make it look up each row by its key. A
 * condition on the ids may scan the table, and wait there for whatever else is locked.
 */
export async function removeUnlocked(session: SqlSession, ids: readonly number[]): Promise<number> {
  const { changed } = await session.run(
    `DELETE data FROM (SELECT id FROM data WHERE id IN (?) LIMIT ${ids.length} FOR UPDATE ${SKIP_LOCKED}) AS free
     STRAIGHT_JOIN data FORCE INDEX (PRIMARY) ON data.id = free.id`,
    [ids],
  )
  return changed
}
