import type { Driver } from '../../driver/driver.js'
import { tryWrite, type WriteOutcome } from '../../driver/write-outcome.js'
import { OsprofilerError } from '../../platform/osprofiler-error.js'
import { Set } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'
import type { Drops } from '../losses/drops.js'
import type { EventListeners } from '../losses/event-listeners.js'
import { createOutageWarning } from '../losses/outage-warning.js'

type Records = readonly TraceRecord[]

const NONE: Records = []

/** Writes records and keeps count of what became of them. */
export interface WriteLedger {
  readonly counts: { readonly written: number; readonly unknown: number; readonly retried: number }
  /** How many records the store has refused since it took one. */
  readonly refusedInRow: number
  /** Writes, and tells the listeners where that failed. */
  write(records: Records): Promise<WriteOutcome>
  /**
   * Counts what the store took and refused, or may have. Returns the records that are still to be written, once `keep`
   * was called with them: listeners look at the counts, which have each record once.
   */
  settle(records: Records, outcome: WriteOutcome, keep: (rest: Records) => void): Records
  /** Counts records that the store will never take. */
  refused(records: Records, why: string): void
  /** Whether the store takes requests, by a question without records. False where the driver cannot ask. */
  isThere(): Promise<boolean>
  /** Counts records that are to be tried again. */
  retried(records: Records): void
  /** To be called where the store took nothing. */
  failed(reason: string): void
  /** To be called where records were given up because the store took none in time. */
  lost(count: number): void
}

export function createWriteLedger(driver: Driver, drops: Drops, listeners: EventListeners): WriteLedger {
  const counts = { written: 0, unknown: 0, retried: 0 }
  const warning = createOutageWarning(driver.name, () => listeners.has('error'))
  let refusedInRow = 0

  function written(count: number): void {
    if (count === 0) return
    counts.written += count
    refusedInRow = 0
    warning.over()
  }

  function uncertain(records: Records, count: number, why: string): void {
    if (count === 0) return
    counts.unknown += count
    drops.note(records, count)
    warning.uncertain(count, why)
  }

  function refused(records: Records, count: number, why: string): void {
    refusedInRow += count
    drops.refused(records, count, why)
  }

  return {
    counts,
    get refusedInRow() {
      return refusedInRow
    },
    async write(records) {
      const outcome = await tryWrite(driver, records)
      if (outcome.kind !== 'taken') listeners.tell('error', outcome.error)
      else if (outcome.held.length === records.length) listeners.tell('error', putOff(driver, outcome.reason))
      return outcome
    },
    settle(records, outcome, keep) {
      if (outcome.kind === 'unknown') {
        keep([])
        uncertain(records, records.length, outcome.reason)
        return []
      }
      if (outcome.kind !== 'taken') return records
      const [settled, rest] = split(records, outcome.held)
      keep(rest)
      uncertain(settled, outcome.unknown, outcome.reason)
      written(settled.length - outcome.refused - outcome.unknown)
      refused(settled, outcome.refused, outcome.reason)
      return rest
    },
    async isThere() {
      try {
        return (await driver.check?.()) === true
      } catch {
        return false
      }
    },
    refused: (records, why) => refused(records, records.length, why),
    retried(records) {
      counts.retried += records.length
    },
    failed: reason => warning.failed(reason || 'It gives no reason.'),
    lost: warning.lost,
  }
}

/** The records that the store took or refused, and the ones that it holds. */
function split(records: Records, positions: readonly number[]): readonly [settled: Records, held: Records] {
  // The same array where nothing has changed: a driver knows a batch by it.
  if (positions.length === 0) return [records, NONE]
  if (positions.length === records.length) return [NONE, records]
  const held = new Set(positions)
  return [records.filter((_, at) => !held.has(at)), records.filter((_, at) => held.has(at))]
}

function putOff({ name }: Driver, reason: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', reason || `The store (${name}) puts all records of a batch off.`)
}
