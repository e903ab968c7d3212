import { setTimeout as delay } from 'node:timers/promises'
import { Map, Set } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { describeHolders } from './lock-holders.js'
import type { UseTable } from './read.js'
import type { OwnedId, Position, TimeSpan, WalkedRecord, WalkStep } from './store.js'

const STEP_RECORDS = 1_000
const MAX_REMOVED_ROWS = 5_000
/**
 * How long to wait before the second try to remove locked rows. If another process was removing these rows, it has
 * usually finished by then.
 */
const LOCK_PAUSE_MS = 500

/**
 * The outcome of a removal. `amount` is the number of removed records or traces. Rows that another transaction has
 * locked are not removed.
 */
export interface Removal {
  readonly amount: number
  /** Maps the id of each trace that has locked rows to the id of one of these rows. */
  readonly locked: ReadonlyMap<string, number>
  readonly lockedBy: string | undefined
}

/** Removes all records of some traces. If rows are locked, tries to remove them once more after a pause. */
export async function removeTraces(use: UseTable, baseIds: readonly string[]): Promise<Removal> {
  const locked = new Map<string, number>()
  let amount = await removeRecords(use, baseIds, undefined, locked)
  amount += await retryRemoval(use, undefined, locked)
  return { amount, locked, lockedBy: await describeLock(use, locked) }
}

/**
 * Removes the traces whose records are all older than `before`. Records dated later than tomorrow are ignored. The
 * removal runs in steps, and other work can run between the steps.
 */
export async function pruneTraces(use: UseTable, before: string): Promise<Removal> {
  const young = { from: before, to: getLatestPlausibleTimestamp() }
  const locked = new Map<string, number>()
  let amount = (await pruneFrom(use, 'newer', young, locked)) + (await pruneFrom(use, 'older', young, locked))
  const waiting = locked.size
  await retryRemoval(use, young, locked)
  amount += waiting - locked.size
  return { amount, locked, lockedBy: await describeLock(use, locked) }
}

/**
 * Removes the traces that have no record within the time span `young`. Reads records in the order of their timestamps,
 * either from the oldest forward or from the newest backward. Stops at the first record within `young`. Records that
 * are newer than `young` are dated later than tomorrow.
 */
async function pruneFrom(
  use: UseTable,
  direction: WalkStep['direction'],
  young: TimeSpan,
  locked: Map<string, number>,
): Promise<number> {
  const isBefore = ({ timestamp }: Position): boolean =>
    direction === 'newer' ? timestamp < young.from : timestamp > young.to
  let pruned = 0
  let from: Position | undefined
  for (;;) {
    const step = { from, direction, limit: STEP_RECORDS, withSuspects: false } as const
    const walked: readonly WalkedRecord[] = await use(store => store.walk(step), [])
    const old = [...new Set(walked.filter(isBefore).map(({ base_id }) => base_id))].filter(id => !locked.has(id))
    const kept = new Set(old.length === 0 ? [] : await use(store => store.findTracesWithin(old, young), []))
    const stale = old.filter(baseId => !kept.has(baseId))
    await removeRecords(use, stale, young, locked)
    pruned += stale.filter(baseId => !locked.has(baseId)).length
    from = walked.at(-1)
    if (from === undefined || walked.length < STEP_RECORDS || !isBefore(from)) return pruned
  }
}

/**
 * Removes all records of these traces except the records within the time span `young`. Returns the number of removed
 * records. If a row of a trace is locked, the trace is added to `locked`, and its remaining rows are kept.
 */
async function removeRecords(
  use: UseTable,
  baseIds: readonly string[],
  young: TimeSpan | undefined,
  locked: Map<string, number>,
): Promise<number> {
  let removed = 0
  for (let some = baseIds; some.length > 0; some = some.filter(baseId => !locked.has(baseId))) {
    const found: readonly OwnedId[] = await use(store => store.findRecordsOutside(some, young, MAX_REMOVED_ROWS), [])
    if (found.length === 0) return removed
    const ids = found.map(({ id }) => id)
    const gone = await use(store => store.removeRows(ids), 0)
    removed += gone
    const left = new Set(gone === ids.length ? [] : await use(store => store.findExistingRows(ids), []))
    for (const { id, baseId } of found) if (left.has(id)) locked.set(baseId, id)
    if (found.length < MAX_REMOVED_ROWS) return removed
  }
  return removed
}

/** Tries to remove the traces in `locked` again. Traces that are still locked stay in `locked`. */
async function retryRemoval(use: UseTable, young: TimeSpan | undefined, locked: Map<string, number>): Promise<number> {
  if (locked.size === 0) return 0
  await delay(LOCK_PAUSE_MS)
  const lockedIds = [...locked.keys()]
  locked.clear()
  let removed = 0
  for (let start = 0; start < lockedIds.length; start += STEP_RECORDS) {
    removed += await removeRecords(use, lockedIds.slice(start, start + STEP_RECORDS), young, locked)
  }
  return removed
}

async function describeLock(use: UseTable, locked: ReadonlyMap<string, number>): Promise<string | undefined> {
  if (locked.size === 0) return undefined
  const ids = [...locked.values()].slice(0, STEP_RECORDS)
  return await use(store => describeHolders(store, ids), 'another transaction')
}
