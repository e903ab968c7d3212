import type { Driver } from '../../driver/driver.js'
import type { TraceRecord } from '../../record/trace-record.js'
import { isRootRecord } from '../../recording/root-record.js'
import { createDropWarning } from './drop-warning.js'
import type { EventListeners } from './event-listeners.js'
import { createTraceLosses } from './trace-losses.js'

/** The reason why records were dropped. */
export type DropReason = 'queue-full' | 'refused' | 'closed'

/** Counts of dropped records. */
export interface DropStats {
  /** Records that were not kept: the queue was full, the store refused them, or the notifier was closed first. */
  readonly dropped: number
  readonly droppedByReason: Readonly<Record<DropReason, number>>
  /** How many records of roots found no room: even the reserve for roots was full. */
  readonly droppedRoots: number
}

/** Counts dropped records, and reports them to listeners, as warnings and in the traces. */
export type Drops = ReturnType<typeof createDrops>

/** Creates the counters of one notifier. Warnings about a full queue name the `limits`. */
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
    /** @param why the store's explanation, as a sentence that holds no secret */
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
    /** Counts `number` records of a written batch that the store refused. Only the store knows which ones. */
    refused(batch: readonly TraceRecord[], number: number, why: string): void {
      if (number === 0) return
      note(batch, number)
      count(number, 'refused', why)
    },
    /** Notes in the traces of a batch that `number` of its records may not be in the store. */
    note,
    /** Returns the batch as it is written: its stop records report what was dropped of their traces. */
    tellIn: (batch: readonly TraceRecord[]): readonly TraceRecord[] => losses.tellIn(batch),
    over: (): void => warning.over(),
  }
}
