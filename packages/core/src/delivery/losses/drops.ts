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
  /**
   * Records that were dropped: the queue was full, the store refused them, or the notifier was closed before they were
   * written.
   */
  readonly dropped: number
  readonly droppedByReason: Readonly<Record<DropReason, number>>
  /**
   * The number of records of root points that were dropped because the queue was full. These records are dropped only
   * if the part of the queue that is reserved for them is full.
   */
  readonly droppedRoots: number
}

/**
 * Counts dropped records. Reports the counts to listeners, as process warnings, and in the traces that lost records.
 */
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
  let droppedRoots = 0

  function addDropped(number: number, reason: DropReason, why?: string): void {
    counts[reason] += number
    if (reason !== 'closed') warning.warnOfDrop(reason, why)
    listeners.emit('drop', number, reason)
  }

  function noteLosses(batch: readonly TraceRecord[], number: number): void {
    const [first] = batch
    if (number === batch.length) {
      for (const record of batch) losses.add(record)
    } else if (first !== undefined && batch.every(record => record?.base_id === first.base_id)) {
      losses.addCount(first, number)
    }
  }

  return {
    get stats(): DropStats {
      const dropped = counts['queue-full'] + counts.refused + counts.closed
      return { dropped, droppedByReason: { ...counts }, droppedRoots }
    },
    /** @param why the store's explanation, as a sentence that contains no secret */
    countDropped(records: readonly TraceRecord[], reason: DropReason, why?: string): void {
      if (records.length === 0) return
      for (const record of records) {
        losses.add(record)
        if (reason !== 'queue-full' || !isRootRecord(record)) continue
        droppedRoots++
        warning.warnOfDrop('roots')
      }
      addDropped(records.length, reason, why)
    },
    /**
     * Counts `number` records of a written batch as refused by the store. Only the store knows which records it
     * refused.
     */
    countRefused(batch: readonly TraceRecord[], number: number, why: string): void {
      if (number === 0) return
      noteLosses(batch, number)
      addDropped(number, 'refused', why)
    },
    /**
     * Notes that the store may lack `number` records of a batch. Does nothing if it is unclear to which traces these
     * records belong.
     */
    noteLosses,
    /**
     * Returns the batch as it will be written: its stop records report the records that were dropped from their traces.
     */
    reportIn: (batch: readonly TraceRecord[]): readonly TraceRecord[] => losses.reportIn(batch),
    queueEmptied: (): void => warning.queueEmptied(),
  }
}
