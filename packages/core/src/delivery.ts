import { suppress } from './context.js'
import type { Driver } from './driver.js'
import { createDrops, type Drops } from './drops.js'
import { createListeners } from './listeners.js'
import type { NotifierStats } from './notifier-stats.js'
import { codeOf, createOutageWarning, type OutageWarning } from './outage-warning.js'
import { clearTimeout, Math, Number, Promise, performance, Set, setTimeout } from './platform.js'
import type { TraceRecord } from './record.js'
import { RecordQueue } from './record-queue.js'
import { isRootRecord } from './root-record.js'

/** How a delivery queues and writes. All numbers are above 0; times are in milliseconds. */
export interface DeliverySettings {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly batchSize: number
  readonly flushAfter: number
  readonly minBackoff: number
  readonly maxBackoff: number
}

interface Outcome {
  readonly refused: number
  readonly unknown: number
}

interface Flush {
  /** It is over when the record of this number is settled, and all before it. */
  readonly target: number
  readonly finish: () => void
}

// Ten tries or so in a flush's five seconds: a store that refuses a password is not stormed.
const LONGEST_FLUSH_PAUSE_MS = 500
// Node takes a longer one for no time at all.
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Takes records in at once and writes them to a driver in the background, one batch at a time. */
export class Delivery {
  readonly #driver: Driver
  readonly #settings: DeliverySettings
  readonly #queue: RecordQueue
  readonly #listeners = createListeners()
  readonly #counts = { emitted: 0, written: 0, unknown: 0, retried: 0 }
  readonly #drops: Drops
  readonly #flushes = new Set<Flush>()
  readonly #warning: OutageWarning
  /** The records that are being written, and the number of the first one. */
  #batch: readonly TraceRecord[] = []
  #batchNumber = Number.POSITIVE_INFINITY
  #delivering = false
  #ending = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #endPause: (() => void) | undefined
  #pauseTimer: NodeJS.Timeout | undefined
  #resting = false

  constructor(driver: Driver, settings: DeliverySettings) {
    this.#driver = driver
    this.#settings = settings
    this.#queue = new RecordQueue(settings.maxRecords, settings.maxBytes)
    this.#warning = createOutageWarning(driver.name, () => this.#listeners.has('error'))
    this.#drops = createDrops(driver, settings, this.#listeners)
  }

  get stats(): NotifierStats {
    return { ...this.#counts, ...this.#drops.stats, queued: this.#queue.length + this.#batch.length }
  }

  on(event: string, listener: (...details: unknown[]) => void): void {
    this.#listeners.add(event, listener)
  }

  add(record: TraceRecord): void {
    this.#counts.emitted++
    if (this.#ending) return this.#drops.drop([record], 'closed')
    if (!this.#push(record)) return
    if (this.#resting) this.#wake()
    if (this.#delivering) return
    if (this.#timer === undefined) this.#deliverIn(this.#settings.flushAfter)
    else if (this.#queue.length === this.#settings.batchSize) this.#deliverIn(0)
  }

  /** Resolves when what waits now is settled, or after `timeout` ms: true where it was in time. */
  async flush(timeout: number): Promise<boolean> {
    const target = this.#queue.lastNumber
    if (this.#isSettled(target) || this.#closed) return true
    const settled = new Promise<void>(resolve => {
      const flush = { target, finish }
      // Not unref'd: for as long as this, and no longer, a process is kept alive for its records.
      const deadline = setTimeout(finish, Math.min(timeout, MAX_TIMEOUT_MS))
      this.#flushes.add(flush)
      const forget = (): boolean => this.#flushes.delete(flush)
      function finish(): void {
        clearTimeout(deadline)
        forget()
        resolve()
      }
    })
    // It does not wait for a pause to end: the store may be back.
    this.#wake()
    suppress(() => void this.#deliver())
    await settled
    return this.#isSettled(target)
  }

  /**
   * Leaves a store that fails alone until there is a new record for it, or somebody flushes. For the end of a program:
   * two that are tried in turn would keep it alive for ever.
   */
  rest(): void {
    this.#resting = true
    clearTimeout(this.#pauseTimer)
    this.#warning.lost(this.stats.queued)
  }

  async close(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout
    await this.flush(timeout)
    // What came during that is delivered in what is left of the time, and nothing else is taken.
    this.#ending = true
    const left = deadline - performance.now()
    if (left > 0) await this.flush(left)
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#wake()
    const lost = [...this.#batch, ...this.#queue.take(this.#queue.length)]
    this.#endBatch()
    this.#drops.drop(lost, 'closed')
    this.#warning.lost(lost.length)
    for (const { finish } of this.#flushes) finish()
  }

  /** Whether the record waits now. */
  #push(record: TraceRecord): boolean {
    try {
      const evicted = this.#queue.push(record, isRootRecord(record))
      this.#drops.drop(evicted, 'queue-full')
      return !evicted.includes(record)
    } catch {
      // A record from elsewhere of which not even the size can be told.
      this.#drops.drop([record], 'refused')
      return false
    }
  }

  /** Whether the fate of the record of this number is known, and that of all before it. */
  #isSettled(number: number): boolean {
    return Math.min(this.#batchNumber, this.#queue.firstNumber) > number
  }

  #deliverIn(ms: number): void {
    clearTimeout(this.#timer)
    // Suppressed: a record is emitted in the context of a request, in which the store's own client must not be traced.
    this.#timer = suppress(() => setTimeout(() => this.#deliver(), Math.min(ms, MAX_TIMEOUT_MS))).unref()
  }

  async #deliver(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#delivering || this.#queue.length === 0) return
    this.#delivering = true
    do await this.#deliverBatch()
    while (this.#isBatchDue())
    this.#delivering = false
    // What came meanwhile waits for company again: small writes one after another would cost a store dearly.
    if (this.#queue.length > 0 && !this.#closed) this.#deliverIn(this.#settings.flushAfter)
  }

  #isBatchDue(): boolean {
    if (this.#closed || this.#queue.length === 0) return false
    return this.#flushes.size > 0 || this.#queue.length >= this.#settings.batchSize
  }

  async #deliverBatch(): Promise<void> {
    const { minBackoff, maxBackoff, batchSize } = this.#settings
    this.#batchNumber = this.#queue.firstNumber
    const batch = this.#queue.take(batchSize)
    this.#batch = batch
    const told = this.#drops.tellIn(batch)
    for (let backoff = minBackoff; !this.#closed; backoff = Math.min(2 * backoff, maxBackoff)) {
      const outcome = await this.#write(told)
      if (this.#closed) return
      if (outcome !== undefined) return this.#settle(batch, outcome)
      this.#counts.retried += batch.length
      // Whoever flushes has little time: the store may be back before a long pause ends.
      await this.#pause(this.#flushes.size > 0 ? Math.min(backoff, LONGEST_FLUSH_PAUSE_MS) : backoff)
    }
  }

  /** What became of a batch, or `undefined` where it is to be tried again. */
  async #write(batch: readonly TraceRecord[]): Promise<Outcome | undefined> {
    try {
      const result = await this.#driver.write(batch)
      this.#warning.over()
      return { refused: toCount(result?.refused, batch.length), unknown: 0 }
    } catch (error) {
      this.#listeners.tell('error', error)
      const code = codeOf(error)
      if (code !== 'ERR_WRITE_REFUSED') this.#warning.failed(error)
      if (code === 'ERR_WRITE_REFUSED') return { refused: batch.length, unknown: 0 }
      if (code === 'ERR_WRITE_UNCERTAIN') return { refused: 0, unknown: batch.length }
      return undefined
    }
  }

  #settle(batch: readonly TraceRecord[], { refused, unknown }: Outcome): void {
    this.#endBatch()
    this.#counts.unknown += unknown
    this.#counts.written += batch.length - refused - unknown
    this.#drops.refused(batch, refused)
    if (this.#queue.length === 0) this.#drops.over()
    for (const { target, finish } of this.#flushes) if (this.#isSettled(target)) finish()
  }

  #endBatch(): void {
    this.#batch = []
    this.#batchNumber = Number.POSITIVE_INFINITY
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      if (!this.#resting) this.#pauseTimer = setTimeout(resolve, Math.min(ms, MAX_TIMEOUT_MS)).unref()
      this.#endPause = resolve
    })
  }

  #wake(): void {
    this.#resting = false
    clearTimeout(this.#pauseTimer)
    this.#endPause?.()
  }
}

/** A driver's count, which may be anything: a driver can be anybody's. */
function toCount(value: unknown, max: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(value as number, 0), max) : 0
}
