import { Set } from '@osprofiler/core/toolkit'
import { latestTime } from '../latest-time.js'
import type { UseTable } from './read.js'
import type { MetRecord, Position, Step, TimeSpan } from './store.js'

const STEP = 1_000
const REMOVED_AT_ONCE = 5_000

/**
 * Removes the traces without a record from a timestamp on, in steps between which others get their turn. A record from
 * beyond tomorrow keeps no trace.
 */
export async function pruneTraces(use: UseTable, before: string): Promise<number> {
  const young = { from: before, to: latestTime() }
  return (await pruneFrom(use, 'newer', young)) + (await pruneFrom(use, 'older', young))
}

/** Goes from one end of time to what is young. */
async function pruneFrom(use: UseTable, direction: Step['direction'], young: TimeSpan): Promise<number> {
  const isBefore = ({ timestamp }: Position): boolean =>
    direction === 'newer' ? timestamp < young.from : timestamp > young.to
  let pruned = 0
  let from: Position | undefined
  for (;;) {
    const step = { from, direction, limit: STEP, withSuspects: false } as const
    const met: readonly MetRecord[] = await use(store => store.walk(step), [])
    const old = [...new Set(met.filter(isBefore).map(({ base_id }) => base_id))]
    const kept = new Set(old.length === 0 ? [] : await use(store => store.findYoung(old, young), []))
    const stale = old.filter(baseId => !kept.has(baseId))
    await removeRecords(use, stale, young)
    pruned += stale.length
    from = met.at(-1)
    if (from === undefined || met.length < STEP || !isBefore(from)) return pruned
  }
}

/** Removes the records of traces, or all but the young ones, and says how many it were. */
export async function removeRecords(
  use: UseTable,
  baseIds: readonly string[],
  young: TimeSpan | undefined,
): Promise<number> {
  let removed = 0
  if (baseIds.length === 0) return removed
  for (;;) {
    const step = await use(store => store.remove(baseIds, young, REMOVED_AT_ONCE), 0)
    removed += step
    if (step < REMOVED_AT_ONCE) return removed
  }
}
