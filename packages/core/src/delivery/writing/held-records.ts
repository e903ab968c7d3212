import type { WriteOutcome } from '../../driver/write-outcome.js'
import { clampTimeout } from '../../platform/clamp-timeout.js'
import { clearTimeout, Math, Number, setTimeout } from '../../platform/platform.js'
import { suppress } from '../../points/context.js'
import type { TraceRecord } from '../../record/trace-record.js'
import { estimateRecordBytes } from '../../recording/record-size.js'
import { createBackoff } from './backoff.js'
import type { WriteLedger } from './write-ledger.js'

type Records = readonly TraceRecord[]

/** Records of one batch that the store postponed. */
export interface HeldPart {
  readonly records: Records
  /** The number of the first record of the batch. No record of the part has a smaller number. */
  readonly number: number
  readonly tries: number
  /** How many records the store had written when this part was last tried. */
  readonly written: number
  /** Whether the store has taken other records since this part was first tried. If not, the store may be overloaded. */
  readonly areOthersTaken: boolean
}

/** Records that the store postponed, although it may take other records. They are retried separately. */
export interface HeldRecords {
  readonly length: number
  readonly firstNumber: number
  readonly isDue: boolean
  hasRoomFor(records: Records): boolean
  add(part: HeldPart): void
  /** Retries each part once, and calls `onSettled` after each retry. */
  retry(onSettled: () => void): Promise<void>
  /** Makes the records due for a retry. */
  makeDue(): void
  /** Stops the retries until `makeDue` is called. */
  suspend(): void
  /** Stops the retries. Returns the unsettled records. */
  abort(): Records
}

/** A notifier's options for held records. `maxBytes` bounds the whole queue. The pauses are in milliseconds. */
export interface HeldSettings {
  readonly maxBytes: number
  readonly minBackoff: number
  readonly maxBackoff: number
}

/**
 * The maximum number of held records. Further records that the store postpones wait in the queue, whose size is
 * bounded.
 */
const MAX_HELD_RECORDS = 1_000
const MAX_QUEUE_SHARE = 0.1
/**
 * A record is dropped after this many tries if the store takes other records. The tries take half a minute, or 4 s
 * during a flush.
 */
const MAX_TRIES = 10
const REMAINING_TRIES_OF_HALF = 3
/**
 * Up to this many records may each be postponed for a reason of their own. More held records indicate that the store is
 * temporarily overloaded.
 */
const FEW_RECORDS = 16

/**
 * Creates an empty set of held records. `isFlushPending` returns whether a flush is waiting. `onDue` is called when the
 * held records are due for a retry.
 */
export function createHeldRecords(
  settings: HeldSettings,
  ledger: WriteLedger,
  isFlushPending: () => boolean,
  onDue: () => void,
): HeldRecords {
  const backoff = createBackoff(settings)
  let parts: readonly HeldPart[] = []
  let timer: NodeJS.Timeout | undefined
  let isDue = false
  let isAborted = false

  function replace(part: HeldPart, ...others: readonly HeldPart[]): void {
    const index = parts.indexOf(part)
    const kept = others.filter(({ records }) => records.length > 0)
    parts = [...parts.slice(0, index), ...kept, ...parts.slice(index + 1)]
  }

  function retryIn(ms: number): void {
    isDue = false
    clearTimeout(timer)
    timer = suppress(() => setTimeout(becomeDue, clampTimeout(ms))).unref()
  }

  function becomeDue(): void {
    isDue = true
    onDue()
  }

  /**
   * Returns whether the store works although the part failed, according to the driver's check. The driver is asked only
   * if no other record was written in the meantime. In that case, only the check distinguishes a record that always
   * fails from an outage.
   */
  async function isStoreAnswering(part: HeldPart, { kind }: WriteOutcome): Promise<boolean> {
    const isStoreStateKnown = kind !== 'failed' || ledger.counts.written > part.written
    return (
      !isStoreStateKnown &&
      part.areOthersTaken &&
      part.records.length <= FEW_RECORDS &&
      (await ledger.isStoreReachable())
    )
  }

  function settle(part: HeldPart, outcome: WriteOutcome, isAnswered: boolean): void {
    const { kind, reason } = outcome
    if (kind === 'refused') {
      return part.records.length > 1 ? replace(part, ...halvesOf(part)) : drop(part, reason)
    }
    let left = part
    const rest = ledger.settle(part.records, outcome, records => {
      left = { ...part, records }
      replace(part, left)
    })
    const { written } = ledger.counts
    const takesOthers = written > part.written
    const areOthersTaken = takesOthers || part.areOthersTaken
    if (kind === 'unknown' || (rest.length > 0 && !areOthersTaken)) ledger.noteFailure(reason)
    if (rest.length === 0) return
    const isAlone = areOthersTaken && rest.length <= FEW_RECORDS
    const countsAsTry = takesOthers || (isAlone && (kind === 'taken' || isAnswered))
    const tried = { ...left, tries: left.tries + (countsAsTry ? 1 : 0), written, areOthersTaken }
    if (tried.tries < MAX_TRIES) return replace(left, tried)
    if (rest.length === 1) return drop(left, reason)
    // Halves the part, because a single record may cause the store to postpone a whole request.
    replace(left, ...halvesOf({ ...tried, tries: MAX_TRIES - REMAINING_TRIES_OF_HALF }))
  }

  function drop(part: HeldPart, reason: string): void {
    replace(part)
    ledger.noteRefused(part.records, reason)
  }

  return {
    get length() {
      return parts.reduce((sum, { records }) => sum + records.length, 0)
    },
    get firstNumber() {
      return parts.reduce((least, { number }) => Math.min(least, number), Number.POSITIVE_INFINITY)
    },
    get isDue() {
      return isDue && parts.length > 0
    },
    hasRoomFor(records) {
      if (parts.length === 0) return true
      const all = [...parts.flatMap(part => part.records), ...records]
      return (
        all.length <= MAX_HELD_RECORDS &&
        all.reduce((sum, record) => sum + estimateRecordBytes(record), 0) <= settings.maxBytes * MAX_QUEUE_SHARE
      )
    },
    add(part) {
      parts = [...parts, part]
      if (parts.length === 1) retryIn(backoff.next(isFlushPending()))
    },
    async retry(onSettled) {
      for (const part of parts) {
        ledger.countRetries(part.records)
        const outcome = await ledger.write(part.records)
        const isAnswered = !isAborted && (await isStoreAnswering(part, outcome))
        if (isAborted) return
        settle(part, outcome, isAnswered)
        onSettled()
      }
      if (parts.length === 0) backoff.reset()
      else retryIn(backoff.next(isFlushPending()))
    },
    makeDue() {
      isDue = true
    },
    suspend: () => clearTimeout(timer),
    abort() {
      isAborted = true
      clearTimeout(timer)
      const records = parts.flatMap(part => part.records)
      parts = []
      return records
    },
  }
}

function halvesOf(part: HeldPart): readonly HeldPart[] {
  const half = part.records.length >> 1
  return [part.records.slice(0, half), part.records.slice(half)].map(records => ({ ...part, records }))
}
