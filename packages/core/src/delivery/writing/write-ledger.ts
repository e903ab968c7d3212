import { mapCallSites } from '../../call-sites/map-call-sites.js'
import type { Driver } from '../../driver/driver.js'
import { tryWrite, type WriteOutcome } from '../../driver/write-outcome.js'
import { OsprofilerError } from '../../platform/osprofiler-error.js'
import { Set } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'
import type { Drops } from '../losses/drops.js'
import type { EventListeners } from '../losses/event-listeners.js'
import { createOutageWarning } from '../losses/outage-warning.js'

type Records = readonly TraceRecord[]

const NO_RECORDS: Records = []

/** Writes records and counts the outcomes. */
export interface WriteLedger {
  readonly counts: { readonly written: number; readonly unknown: number; readonly retried: number }
  /** The number of records that the store has refused since it last took a record. */
  readonly refusedInRow: number
  /** Writes records, and reports failures to the listeners. */
  write(records: Records): Promise<WriteOutcome>
  /**
   * Counts the settled records (written or dropped), and returns the unsettled ones. `keep` receives the unsettled
   * records before the listeners run, so that the listeners see consistent counts.
   */
  settle(records: Records, outcome: WriteOutcome, keep: (rest: Records) => void): Records
  noteRefused(records: Records, why: string): void
  /**
   * Checks, without sending records, whether the store accepts requests. Resolves to false if the driver has no such
   * check.
   */
  isStoreReachable(): Promise<boolean>
  countRetries(records: Records): void
  /** Must be called when the store took no records. */
  noteFailure(reason: string): void
  /** Must be called when records are dropped because the store took no records in time. */
  warnOfLoss(count: number): void
}

/** Creates the counters of one notifier. Warns about an outage, unless the application listens for `error`. */
export function createWriteLedger(driver: Driver, drops: Drops, listeners: EventListeners): WriteLedger {
  const counts = { written: 0, unknown: 0, retried: 0 }
  const warning = createOutageWarning(driver.name, () => listeners.has('error'))
  let refusedInRow = 0

  function countWritten(count: number): void {
    if (count === 0) return
    counts.written += count
    refusedInRow = 0
    warning.noteSuccess()
  }

  function countUncertain(records: Records, count: number, why: string): void {
    if (count === 0) return
    counts.unknown += count
    drops.noteLosses(records, count)
    warning.noteUncertain(count, why)
  }

  function countRefused(records: Records, count: number, why: string): void {
    refusedInRow += count
    drops.countRefused(records, count, why)
  }

  return {
    counts,
    get refusedInRow() {
      return refusedInRow
    },
    async write(records) {
      const isMapped = mapCallSites(records)
      if (isMapped !== undefined) await isMapped
      const outcome = await tryWrite(driver, records)
      if (outcome.kind !== 'taken') listeners.emit('error', outcome.error)
      else if (outcome.held.length === records.length) listeners.emit('error', createHeldError(driver, outcome.reason))
      return outcome
    },
    settle(records, outcome, keep) {
      if (outcome.kind === 'unknown') {
        keep([])
        countUncertain(records, records.length, outcome.reason)
        return []
      }
      if (outcome.kind !== 'taken') return records
      const [settled, rest] = splitHeld(records, outcome.held)
      keep(rest)
      countUncertain(settled, outcome.unknown, outcome.reason)
      countWritten(settled.length - outcome.refused - outcome.unknown)
      countRefused(settled, outcome.refused, outcome.reason)
      return rest
    },
    async isStoreReachable() {
      try {
        return (await driver.check?.()) === true
      } catch {
        return false
      }
    },
    noteRefused: (records, why) => countRefused(records, records.length, why),
    countRetries(records) {
      counts.retried += records.length
    },
    noteFailure: reason => warning.noteFailure(reason || 'It gives no reason.'),
    warnOfLoss: warning.warnOfLoss,
  }
}

/** Splits records into those that the store took or refused, and those that it postponed. */
function splitHeld(records: Records, positions: readonly number[]): readonly [settled: Records, held: Records] {
  // If no record is held, returns the same array, because a driver recognizes a batch by its array.
  if (positions.length === 0) return [records, NO_RECORDS]
  if (positions.length === records.length) return [NO_RECORDS, records]
  const held = new Set(positions)
  return [records.filter((_, at) => !held.has(at)), records.filter((_, at) => held.has(at))]
}

function createHeldError({ name }: Driver, reason: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', reason || `The store (${name}) postponed all records of a batch.`)
}
