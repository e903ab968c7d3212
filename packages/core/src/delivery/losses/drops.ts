import type { Driver } from '../../driver/driver.js'
import type { TraceRecord } from '../../record/trace-record.js'
import { isRootRecord } from '../../recording/root-record.js'
import { createDropWarning } from './drop-warning.js'
import type { EventListeners } from './event-listeners.js'
import { createTraceLosses } from './trace-losses.js'

/** Why records were dropped. */
export type DropReason = 'queue-full' | 'refused' | 'closed'

/** What is counted of records that were dropped. */
export interface DropStats {
  /** Not kept: the queue was full, the store refused them, or it had not taken them when the notifier was closed. */
  readonly dropped: number
  /** The same by reason. */
  readonly droppedByReason: Readonly<Record<DropReason, number>>
  /** How many of those for which the queue had no room are of roots: even the reserve for these was full. */
  readonly droppedRoots: number
}

/** Counts what is dropped, and tells of it: listeners, the process, and the trace. */
export type Drops = ReturnType<typeof createDrops>

/** @param limits what may wait */
export function createDrops(
  driver: Driver,
  limits: { readonly maxRecords: number; readonly maxBytes: number },
  listeners: EventListeners,
) {
  const counts: Record<DropReason, number> = { 'queue-full': 0, refused: 0, closed: 0 }
  const losses = createTraceLosses()
  const warning = createDropWarning(driver, limits, () => listeners.has('drop'))
  let roots = 0

  function count(number: number, reason: DropReason, why?: string): void {
    counts[reason] += number
    if (reason !== 'closed') warning.dropped(reason, why)
    listeners.tell('drop', number, reason)
  }

  function note(batch: readonly TraceRecord[], number: number): void {
    const [first] = batch
    if (number === batch.length) {
      for (const record of batch) losses.add(record)
    } else if (first !== undefined && batch.every(record => record?.base_id === first.base_id)) {
      losses.addSome(first, number)
    }
  }

  return {
    get stats(): DropStats {
      const dropped = counts['queue-full'] + counts.refused + counts.closed
      return { dropped, droppedByReason: { ...counts }, droppedRoots: roots }
    },
    /** @param why what the store says, as a sentence that holds no secret */
    drop(records: readonly TraceRecord[], reason: DropReason, why?: string): void {
      if (records.length === 0) return
      for (const record of records) {
        losses.add(record)
        if (reason !== 'queue-full' || !isRootRecord(record)) continue
        roots++
        warning.dropped('roots')
      }
      count(records.length, reason, why)
    },
    /** Of a batch that was written, the store refused so many; only the store knows which. */
    refused(batch: readonly TraceRecord[], number: number, why: string): void {
      if (number === 0) return
      note(batch, number)
      count(number, 'refused', why)
    },
    /** So many records of a batch may not be in the store: their traces are to say so. */
    note,
    /** A batch as it is written: with what was dropped of its traces. */
    tellIn: (batch: readonly TraceRecord[]): readonly TraceRecord[] => losses.tellIn(batch),
    /** To be called when nothing waits any more. */
    over: (): void => warning.over(),
  }
}
