import { Set } from '@osprofiler/core/toolkit'
import type { UseTable } from './read.js'
import type { MetRecord, Position } from './store.js'

const STEP = 1_000
const REMOVED_AT_ONCE = 5_000

/** Removes the traces without a record from a timestamp on, in steps between which others get their turn. */
export async function pruneTraces(use: UseTable, before: string): Promise<number> {
  let pruned = 0
  let from: Position | undefined
  for (;;) {
    const step = { from, direction: 'newer', limit: STEP, withSuspects: false } as const
    const met: readonly MetRecord[] = await use(store => store.walk(step), [])
    const old = [...new Set(met.filter(({ timestamp }) => timestamp < before).map(({ base_id }) => base_id))]
    const young = new Set(old.length === 0 ? [] : await use(store => store.findYoung(old, before), []))
    const stale = old.filter(baseId => !young.has(baseId))
    await removeRecords(use, stale, before)
    pruned += stale.length
    from = met.at(-1)
    if (from === undefined || met.length < STEP || from.timestamp >= before) return pruned
  }
}

/** Removes the records of traces, or those before a timestamp, and says how many it were. */
export async function removeRecords(
  use: UseTable,
  baseIds: readonly string[],
  before: string | undefined,
): Promise<number> {
  let removed = 0
  if (baseIds.length === 0) return removed
  for (;;) {
    const step = await use(store => store.remove(baseIds, before, REMOVED_AT_ONCE), 0)
    removed += step
    if (step < REMOVED_AT_ONCE) return removed
  }
}
