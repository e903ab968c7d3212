import { setTimeout as delay } from 'node:timers/promises'
import { Map, Set } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../listing/latest-believed-time.js'
import { describeHolders } from './lock-holders.js'
import type { UseTable } from './read.js'
import type { MetRecord, OwnedId, Position, Step, TimeSpan } from './store.js'

const STEP = 1_000
const MAX_REMOVED_AT_ONCE = 5_000
/** Rows that another process is just removing are locked too, and gone after this pause. */
const LOCK_PAUSE_MS = 500

/** Outcome of a removal. `amount` counts records or traces. Rows that another transaction has locked remain. */
export interface Removal {
  readonly amount: number
  /** One locked row of each trace that has one, by trace id. */
  readonly locked: ReadonlyMap<string, number>
  readonly lockedBy: string | undefined
}

/** Removes all records of some traces. Tries locked rows once more after a pause. */
export async function removeTraces(use: UseTable, baseIds: readonly string[]): Promise<Removal> {
  const locked = new Map<string, number>()
  let amount = await removeRecords(use, baseIds, undefined, locked)
  amount += await removeOnceMore(use, undefined, locked)
  return { amount, locked, lockedBy: await nameLock(use, locked) }
}

/** Removes traces without a record from `before` on, between other work. Records from beyond tomorrow do not count. */
export async function pruneTraces(use: UseTable, before: string): Promise<Removal> {
  const young = { from: before, to: latestBelievedTime() }
  const locked = new Map<string, number>()
  let amount = (await pruneFrom(use, 'newer', young, locked)) + (await pruneFrom(use, 'older', young, locked))
  const waiting = locked.size
  await removeOnceMore(use, young, locked)
  amount += waiting - locked.size
  return { amount, locked, lockedBy: await nameLock(use, locked) }
}

/** Goes from one end of time to the young records. */
async function pruneFrom(
  use: UseTable,
  direction: Step['direction'],
  young: TimeSpan,
  locked: Map<string, number>,
): Promise<number> {
  const isBefore = ({ timestamp }: Position): boolean =>
    direction === 'newer' ? timestamp < young.from : timestamp > young.to
  let pruned = 0
  let from: Position | undefined
  for (;;) {
    const step = { from, direction, limit: STEP, withSuspects: false } as const
    const met: readonly MetRecord[] = await use(store => store.walk(step), [])
    const old = [...new Set(met.filter(isBefore).map(({ base_id }) => base_id))].filter(id => !locked.has(id))
    const kept = new Set(old.length === 0 ? [] : await use(store => store.findYoung(old, young), []))
    const stale = old.filter(baseId => !kept.has(baseId))
    await removeRecords(use, stale, young, locked)
    pruned += stale.filter(baseId => !locked.has(baseId)).length
    from = met.at(-1)
    if (from === undefined || met.length < STEP || !isBefore(from)) return pruned
  }
}

/** Removes all but the young records, and returns how many. A partly locked trace is noted in `locked` and left. */
async function removeRecords(
  use: UseTable,
  baseIds: readonly string[],
  young: TimeSpan | undefined,
  locked: Map<string, number>,
): Promise<number> {
  let removed = 0
  for (let some = baseIds; some.length > 0; some = some.filter(baseId => !locked.has(baseId))) {
    const found: readonly OwnedId[] = await use(store => store.findOld(some, young, MAX_REMOVED_AT_ONCE), [])
    if (found.length === 0) return removed
    const ids = found.map(({ id }) => id)
    const gone = await use(store => store.removeRows(ids), 0)
    removed += gone
    const left = new Set(gone === ids.length ? [] : await use(store => store.findRows(ids), []))
    for (const { id, baseId } of found) if (left.has(id)) locked.set(baseId, id)
    if (found.length < MAX_REMOVED_AT_ONCE) return removed
  }
  return removed
}

/** Tries the locked traces again. Those that are still locked stay in `locked`. */
async function removeOnceMore(
  use: UseTable,
  young: TimeSpan | undefined,
  locked: Map<string, number>,
): Promise<number> {
  if (locked.size === 0) return 0
  await delay(LOCK_PAUSE_MS)
  const again = [...locked.keys()]
  locked.clear()
  let removed = 0
  for (let start = 0; start < again.length; start += STEP) {
    removed += await removeRecords(use, again.slice(start, start + STEP), young, locked)
  }
  return removed
}

async function nameLock(use: UseTable, locked: ReadonlyMap<string, number>): Promise<string | undefined> {
  if (locked.size === 0) return undefined
  const ids = [...locked.values()].slice(0, STEP)
  return await use(store => describeHolders(store, ids), 'another transaction')
}
