import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Number } from '@osprofiler/core/platform'
import { getLatestPlausibleTimestamp } from '../../listing/latest-plausible-timestamp.js'
import type { RunStep } from './list.js'

const STEP_TRACES = 100

/**
 * Finds traces that have only old records. The statement checks each trace once. If it checked each record, a long
 * trace would take minutes.
 */
const FIND_STALE = `INSERT INTO temp.stale
  SELECT base_id FROM (
    SELECT base_id FROM data WHERE timestamp < ? AND base_id IS NOT NULL
    UNION SELECT base_id FROM data WHERE timestamp > ? AND base_id IS NOT NULL) AS old
  WHERE NOT EXISTS (SELECT 1 FROM data WHERE base_id = old.base_id AND timestamp >= ? AND timestamp <= ?)
  LIMIT ${STEP_TRACES}`

/**
 * Removes the traces that have no record dated between `before` and tomorrow. Works in steps, and writes can run
 * between the steps.
 */
export async function pruneTraces(run: RunStep, before: string): Promise<number> {
  const latest = getLatestPlausibleTimestamp()
  let pruned = 0
  for (;;) {
    const step = await run(connection => pruneStep(connection, before, latest))
    pruned += step ?? 0
    if (step !== STEP_TRACES) return pruned
    await nextTurn()
  }
}

/**
 * Removes a trace, and returns the number of removed records. Fails without write permission, even if there is nothing
 * to remove.
 */
export function deleteTrace(connection: DatabaseSync, baseId: string): number {
  return Number(connection.prepare('DELETE FROM data WHERE base_id = ?').run(baseId).changes)
}

/**
 * Removes at most `STEP_TRACES` traces, and returns their number. The trace ids are not read into JavaScript, which
 * would change ids that are blobs or invalid UTF-8. A statement with a changed id would remove nothing, and each step
 * would find the same traces again.
 */
function pruneStep(connection: DatabaseSync, before: string, latest: string): number {
  connection.exec('CREATE TEMP TABLE IF NOT EXISTS stale (base_id); DELETE FROM temp.stale')
  const traces = connection.prepare(FIND_STALE).run(before, latest, before, latest).changes
  const records = connection.prepare('DELETE FROM data WHERE base_id IN (SELECT base_id FROM temp.stale)').run().changes
  // A damaged index may contain traces that cannot be removed. In this case, 0 ends the pruning.
  return Number(records) === 0 ? 0 : Number(traces)
}
