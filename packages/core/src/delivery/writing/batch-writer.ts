import { Array, Math, Number, Set } from '../../platform/platform.js'
import type { TraceRecord } from '../../record/trace-record.js'
import { createBackoff } from './backoff.js'
import { createBatchParts } from './batch-parts.js'
import { createFailingRecordSearch } from './failing-record-search.js'
import type { HeldRecords } from './held-records.js'
import type { Pause } from './pause.js'
import type { WriteLedger } from './write-ledger.js'
import { createWriteSize } from './write-size.js'

type Records = readonly TraceRecord[]

/** Writes one batch after another, until each record is settled (written or dropped) or set aside for later. */
export interface BatchWriter {
  /** The number of unsettled records in the batch. */
  readonly length: number
  /** The number of the batch's first unsettled record, or infinity if all records of the batch are settled. */
  readonly firstNumber: number
  readonly batchSize: number
  write(batch: Records, firstNumber: number): Promise<void>
  /** Pauses if the store seems to refuse everything. */
  pauseIfAllRefused(): Promise<void>
  /** Stops writing. Returns the unsettled records. */
  abort(): Records
}

/** A notifier's options for batches: the number of records, and the pauses between tries in milliseconds. */
export interface BatchSettings {
  readonly batchSize: number
  readonly minBackoff: number
  readonly maxBackoff: number
}

/**
 * A record that the store postpones (a held record) is tried this many times, while the records after it wait. Then the
 * record is set aside.
 */
const MAX_TRIES_IN_PLACE = 3
/**
 * After this many refusals in a row, the store may be refusing everything. From then on, batches are small and
 * separated by pauses.
 */
const MANY_REFUSALS = 16
const SMALL_BATCH_RECORDS = 16

/**
 * Creates the writer of one notifier.
 *
 * @param takeMore takes further records from the queue. If a single record fails, only other records show whether the
 * store works.
 */
export function createBatchWriter(
  settings: BatchSettings,
  { ledger, held, pause }: { readonly ledger: WriteLedger; readonly held: HeldRecords; readonly pause: Pause },
  reportLossesIn: (records: Records) => Records,
  isFlushPending: () => boolean,
  takeMore: () => Records,
): BatchWriter {
  const backoff = createBackoff(settings)
  const search = createFailingRecordSearch(settings.batchSize)
  const size = createWriteSize(settings.batchSize)
  let parts = createBatchParts([])
  let firstNumber = Number.POSITIVE_INFINITY
  let writtenBeforeSetAside = -1
  let isAborted = false

  /**
   * Writes a part. Returns the store's reason if the store permanently refused every record of the part, and otherwise
   * an empty string.
   */
  async function writePart(part: Records): Promise<string> {
    const writtenBefore = ledger.counts.written
    let rest = part
    for (let holds = 0; ; ) {
      const outcome = await ledger.write(rest)
      if (isAborted) return ''
      const { kind, reason } = outcome
      if (kind === 'refused') {
        refuse(rest, reason)
        return reason
      }
      const { written } = ledger.counts
      const tried = rest
      rest = ledger.settle(tried, outcome, parts.replaceFirst)
      if (ledger.counts.written > written) noteTaken()
      if (kind === 'unknown' || rest.length === tried.length) ledger.noteFailure(reason)
      size.adjust(tried.length, outcome)
      if (kind === 'failed') {
        search.noteFailure()
        if (search.isUnderWay && narrowDown(rest)) return ''
      }
      if (rest.length === 0) return ledger.counts.written > written ? '' : reason
      if (kind === 'taken' && ++holds >= maxTriesInPlace() && held.hasRoomFor(rest)) {
        setAside(rest, holds, ledger.counts.written > writtenBefore)
        return ''
      }
      ledger.countRetries(rest)
      await pause.wait(backoff.next(isFlushPending()))
      if (isAborted) return ''
      // The probe, a write of one record by itself, replaces a retry. So a store that is down gets no additional
      // requests.
      if (kind !== 'failed' || !search.isProbeDue) continue
      if ((await probe()) || isAborted) return ''
    }
  }

  function noteTaken(): void {
    backoff.reset()
    search.noteTaken()
  }

  /**
   * Halves a failing part, or sets a single failing record aside. Must be called only if the store takes other records.
   * Returns false if there is no room to set the record aside.
   */
  function narrowDown(part: Records): boolean {
    if (part.length === 1 && !held.hasRoomFor(part)) return false
    ledger.countRetries(part)
    if (part.length > 1) {
      parts.halveFirst()
      return true
    }
    search.noteFoundRecord()
    parts.replaceFirst([])
    held.add({ records: part, number: firstNumber, tries: 1, written: ledger.counts.written, areOthersTaken: true })
    return true
  }

  /** Writes one record by itself. Returns whether the record is settled. */
  async function probe(): Promise<boolean> {
    if (parts.length === 1) parts.append(takeMore())
    // The first part has just failed. If that part is a single record, the probe must use a different record.
    const { records } = parts
    const candidates = listFirstOfPoints(records).slice(parts.first?.length === 1 ? 1 : 0)
    if (candidates.length === 0) return false
    const at = candidates[search.nextProbe(candidates.length)] ?? 0
    const probed = records.slice(at, at + 1)
    const outcome = await ledger.write(probed)
    if (isAborted) return false
    if (outcome.kind === 'failed') {
      ledger.noteFailure(outcome.reason)
      await pause.wait(backoff.next(isFlushPending()))
      return false
    }
    if (outcome.kind === 'refused') {
      parts.removeAt(at)
      ledger.noteRefused(probed, outcome.reason)
      return true
    }
    const { written } = ledger.counts
    const rest = ledger.settle(probed, outcome, left => {
      if (left.length === 0) parts.removeAt(at)
    })
    if (ledger.counts.written > written) {
      noteTaken()
      search.noteOtherTaken()
    }
    return rest.length === 0
  }

  function refuse(part: Records, reason: string): void {
    if (part.length > 1) return parts.halveFirst()
    parts.replaceFirst([])
    ledger.noteRefused(part, reason)
  }

  function mayRefuseAll(): boolean {
    return ledger.refusedInRow >= MANY_REFUSALS
  }

  /**
   * If the store has taken no records since the last records were set aside, the store may be overloaded. Then the next
   * records get only one try.
   */
  function maxTriesInPlace(): number {
    return ledger.counts.written > writtenBeforeSetAside ? MAX_TRIES_IN_PLACE : 1
  }

  function setAside(records: Records, tries: number, areOthersTaken: boolean): void {
    const { written } = ledger.counts
    writtenBeforeSetAside = written
    parts.replaceFirst([])
    held.add({ records, number: firstNumber, tries, written, areOthersTaken })
  }

  return {
    get length() {
      return parts.length
    },
    get firstNumber() {
      return firstNumber
    },
    get batchSize() {
      return mayRefuseAll() ? Math.min(size.current, SMALL_BATCH_RECORDS) : size.current
    },
    async write(batch, number) {
      const { refusedInRow } = ledger
      firstNumber = number
      parts = createBatchParts(batch)
      search.begin()
      let reason = ''
      for (let part = parts.first; part !== undefined; part = parts.first) {
        // The losses are added as late as possible, so that the first stop record after a drop reports the drop.
        const reported = reportLossesIn(part)
        parts.replaceFirst(reported)
        reason = await writePart(reported)
        if (isAborted) return
      }
      firstNumber = Number.POSITIVE_INFINITY
      if (ledger.refusedInRow - refusedInRow === batch.length) ledger.noteFailure(reason)
    },
    async pauseIfAllRefused() {
      if (mayRefuseAll()) await pause.wait(backoff.next(isFlushPending()))
    },
    abort() {
      isAborted = true
      const { records } = parts
      parts = createBatchParts([])
      firstNumber = Number.POSITIVE_INFINITY
      return records
    },
  }
}

/** Returns, for each point, the position of its first record. A store may need the start of a point before its stop. */
function listFirstOfPoints(records: Records): number[] {
  const points = new Set<string>()
  return Array.from(records.keys()).filter(at => {
    const before = points.size
    points.add(records[at]?.trace_id ?? '')
    return points.size > before
  })
}
