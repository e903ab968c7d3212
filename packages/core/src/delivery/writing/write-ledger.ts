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

/** Writes records and counts the outcomes. */
export interface WriteLedger {
  readonly counts: { readonly written: number; readonly unknown: number; readonly retried: number }
  /** How many records the store has refused since it last took one. */
  readonly refusedInRow: number
  /** Writes records, and reports a failure to the listeners. */
  write(records: Records): Promise<WriteOutcome>
  /** Counts settled records and returns the rest. `keep` gets the rest first, so the counts add up for listeners. */
  settle(records: Records, outcome: WriteOutcome, keep: (rest: Records) => void): Records
  refused(records: Records, why: string): void
  /** Asks the store, without records, whether it takes requests. Resolves to false if the driver cannot ask. */
  isThere(): Promise<boolean>
  retried(records: Records): void
  /** Must be called when the store took nothing. */
  failed(reason: string): void
  /** Must be called when records were given up because the store took none in time. */
  lost(count: number): void
}

/** Creates the counters of one notifier. Warns about an outage, unless the program listens for `error`. */
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

/** Splits records into those that the store took or refused, and those that it holds. */
function split(records: Records, positions: readonly number[]): readonly [settled: Records, held: Records] {
  // Returns the same array if nothing has changed, because a driver recognizes a batch by its array.
  if (positions.length === 0) return [records, NONE]
  if (positions.length === records.length) return [NONE, records]
  const held = new Set(positions)
  return [records.filter((_, at) => !held.has(at)), records.filter((_, at) => held.has(at))]
}

function putOff({ name }: Driver, reason: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', reason || `The store (${name}) puts all records of a batch off.`)
}
