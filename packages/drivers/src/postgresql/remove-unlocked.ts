import { SqlFailure } from '../sql/failure.js'
import { removeByHalves } from '../sql/remove-by-halves.js'
import type { SqlSession } from '../sql/session.js'

type Ids = readonly number[]

const DELETE_UNLOCKED = `DELETE FROM data
  WHERE id = ANY(ARRAY(SELECT id FROM data WHERE id = ANY($1) FOR UPDATE SKIP LOCKED))`
const DELETE_ALL = 'DELETE FROM data WHERE id = ANY($1)'
const NOT_ALLOWED_STATE = '42501'

/**
 * Returns a function that removes those of the given rows that are not locked, and resolves to their number. The
 * function must be called in a transaction. Skipping locked rows requires the UPDATE privilege. Without this privilege,
 * the function finds the unlocked rows by trying ever smaller halves, with a short wait for each half.
 */
export function createRowRemover(session: SqlSession): (ids: Ids) => Promise<number> {
  let canSkipLocked = true

  async function attempt(text: string, ids: Ids): Promise<number> {
    await session.run('SAVEPOINT removal')
    try {
      const { changed } = await session.run(text, [ids])
      return changed
    } catch (error) {
      if (session.isOpen) await session.run('ROLLBACK TO SAVEPOINT removal')
      throw error
    }
  }

  return async ids => {
    if (canSkipLocked) {
      try {
        return await attempt(DELETE_UNLOCKED, ids)
      } catch (error) {
        if (!(error instanceof SqlFailure && error.code === NOT_ALLOWED_STATE)) throw error
        canSkipLocked = false
      }
    }
    // Waits for a lock on the whole table only once, instead of once for each half of the rows.
    await session.run('LOCK TABLE data IN ROW EXCLUSIVE MODE')
    await session.run(`SET LOCAL lock_timeout = '100ms'`)
    return await removeByHalves(ids, some => attempt(DELETE_ALL, some))
  }
}
