import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Number, String } from '@osprofiler/core/platform'
import { latestBelievedTime } from '../../listing/latest-believed-time.js'
import type { RunStep } from './list.js'

const STEP = 100

/** Removes traces without a record between `before` and tomorrow, in steps between which writes get their turn. */
export async function pruneTraces(run: RunStep, before: string): Promise<number> {
  const latest = latestBelievedTime()
  let pruned = 0
  for (;;) {
    const step = await run(connection => {
      const stale = findStale(connection, before, latest)
      deleteTraces(connection, stale)
      return stale.length
    })
    pruned += step ?? 0
    if (step !== STEP) return pruned
    await nextTurn()
  }
}

/** Removes traces, and returns how many records. Fails without the right to write, even if nothing is removed. */
export function deleteTraces(connection: DatabaseSync, baseIds: readonly string[]): number {
  const places = baseIds.map(() => '?').join(', ')
  return Number(connection.prepare(`DELETE FROM data WHERE base_id IN (${places})`).run(...baseIds).changes)
}

/** Looks into each trace once, and not once per record, which would take minutes for a long trace. */
function findStale(connection: DatabaseSync, before: string, latest: string): string[] {
  const found = connection
    .prepare(
      `SELECT base_id FROM (
         SELECT base_id FROM data WHERE timestamp < ? AND base_id IS NOT NULL
         UNION SELECT base_id FROM data WHERE timestamp > ? AND base_id IS NOT NULL) AS old
       WHERE NOT EXISTS (SELECT 1 FROM data WHERE base_id = old.base_id AND timestamp >= ? AND timestamp <= ?)
       LIMIT ${STEP}`,
    )
    .all(before, latest, before, latest)
  return found.map(row => String(row.base_id))
}
