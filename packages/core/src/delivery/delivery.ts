import type { Driver } from '../driver/driver.js'
import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Math, Number, performance, setTimeout } from '../platform/platform.js'
import { suppress } from '../points/context.js'
import type { TraceRecord } from '../record/trace-record.js'
import { isRootRecord } from '../recording/root-record.js'
import { createDrops, type Drops } from './losses/drops.js'
import { createEventListeners } from './losses/event-listeners.js'
import type { NotifierStats } from './notifier-stats.js'
import { createPendingFlushes } from './pending-flushes.js'
import { RecordQueue } from './record-queue.js'
import { type BatchWriter, createBatchWriter } from './writing/batch-writer.js'
import { createHeldRecords, type HeldRecords } from './writing/held-records.js'
import { createPause } from './writing/pause.js'
import { createWriteLedger, type WriteLedger } from './writing/write-ledger.js'

/** Settings for queuing and writing. All numbers are above 0, and times are in milliseconds. */
export interface DeliverySettings {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly batchSize: number
  readonly batchBytes: number
  readonly flushAfter: number
  readonly minBackoff: number
  readonly maxBackoff: number
}

/** Accepts records immediately and writes them to a driver in the background, one batch at a time. */
export class Delivery {
  readonly #settings: DeliverySettings
  readonly #queue: RecordQueue
  readonly #listeners = createEventListeners()
  readonly #drops: Drops
  readonly #flushes = createPendingFlushes()
  readonly #ledger: WriteLedger
  readonly #pause = createPause()
  readonly #held: HeldRecords
  readonly #writer: BatchWriter
  #emitted = 0
  #lifecycle: 'open' | 'ending' | 'closed' = 'open'
  /**
   * `waiting`: the first record waits for more records until the timer fires. `due`: the timer fires as soon as
   * possible.
   */
  #activity: 'idle' | 'waiting' | 'due' | 'writing' = 'idle'
  #timer: NodeJS.Timeout | undefined

  constructor(driver: Driver, settings: DeliverySettings) {
    const isFlushPending = (): boolean => this.#flushes.size > 0
    this.#settings = settings
    this.#queue = new RecordQueue(settings.maxRecords, settings.maxBytes)
    this.#drops = createDrops(driver, settings, this.#listeners)
    this.#ledger = createWriteLedger(driver, this.#drops, this.#listeners)
    this.#held = createHeldRecords(settings, this.#ledger, isFlushPending, () => void this.#deliver())
    const parts = { ledger: this.#ledger, held: this.#held, pause: this.#pause }
    this.#writer = createBatchWriter(
      settings,
      parts,
      records => this.#drops.reportIn(records),
      isFlushPending,
      () => this.#takeBatch(),
    )
  }

  get stats(): NotifierStats {
    const queued = this.#queue.length + this.#writer.length + this.#held.length
    return { emitted: this.#emitted, ...this.#ledger.counts, ...this.#drops.stats, queued }
  }

  on(event: string, listener: (...details: unknown[]) => void): void {
    this.#listeners.add(event, listener)
  }

  add(record: TraceRecord): void {
    this.#emitted++
    if (this.#lifecycle !== 'open') return this.#drops.countDropped([record], 'closed')
    if (!this.#enqueue(record)) return
    if (this.#pause.isSuspended) this.#resume()
    if (this.#activity === 'idle') this.#deliverIn(this.#settings.flushAfter)
    else if (this.#activity === 'waiting' && this.#isBatchFull()) this.#deliverIn(0)
  }

  /**
   * Waits until the records that are waiting when `flush` is called are settled (written or dropped), for at most
   * `timeout` ms. Resolves to whether all of them are settled.
   */
  async flush(timeout: number): Promise<boolean> {
    const target = this.#queue.lastNumber
    if (this.#isSettled(target) || this.#lifecycle === 'closed') return true
    const settled = this.#flushes.wait(target, timeout)
    // A flush ends the current pause, because the store may be available again.
    this.#resume()
    suppress(() => void this.#deliver())
    await settled
    return this.#isSettled(target)
  }

  /**
   * Stops trying to write to a failing store until the next record or flush. Otherwise, two failing stores could take
   * turns and delay the exit forever.
   */
  suspend(): void {
    this.#pause.suspend()
    this.#held.suspend()
    this.#ledger.warnOfLoss(this.stats.queued)
  }

  async close(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout
    await this.flush(timeout)
    // Records that were added during the flush get the remaining time. Later records are dropped.
    if (this.#lifecycle === 'open') this.#lifecycle = 'ending'
    const left = deadline - performance.now()
    if (left > 0) await this.flush(left)
    if (this.#lifecycle === 'closed') return
    this.#lifecycle = 'closed'
    clearTimeout(this.#timer)
    const undelivered = [...this.#held.abort(), ...this.#writer.abort(), ...this.#queue.take(Number.POSITIVE_INFINITY)]
    this.#pause.end()
    this.#drops.countDropped(undelivered, 'closed')
    this.#ledger.warnOfLoss(undelivered.length)
    this.#flushes.finishAll()
  }

  #enqueue(record: TraceRecord): boolean {
    try {
      const evicted = this.#queue.push(record, isRootRecord(record))
      this.#drops.countDropped(evicted, 'queue-full')
      return !evicted.includes(record)
    } catch {
      // Code outside this package made the record, and even reading its size threw an error.
      this.#drops.countDropped([record], 'refused')
      return false
    }
  }

  #resume(): void {
    this.#pause.end()
    this.#held.makeDue()
  }

  /** Returns whether the record with this number, and all records before it, are settled. */
  #isSettled(number: number): boolean {
    return Math.min(this.#writer.firstNumber, this.#held.firstNumber, this.#queue.firstNumber) > number
  }

  #deliverIn(ms: number): void {
    this.#activity = ms === 0 ? 'due' : 'waiting'
    clearTimeout(this.#timer)
    // Tracing is suppressed, because records are emitted in a request's context, but the store's own client must not be
    // traced.
    this.#timer = suppress(() => setTimeout(() => this.#deliver(), clampTimeout(ms))).unref()
  }

  async #deliver(): Promise<void> {
    if (this.#activity === 'writing' || this.#isClosed()) return
    clearTimeout(this.#timer)
    this.#activity = 'writing'
    do {
      await this.#deliverBatch()
      if (this.#held.isDue) await this.#held.retry(() => this.#finishSettledFlushes())
    } while (this.#isDue())
    this.#activity = 'idle'
    // Records that were added during the write wait for more records again, because many small writes are expensive for
    // a store.
    if (this.#queue.length > 0 && !this.#isClosed()) this.#deliverIn(this.#settings.flushAfter)
  }

  #isClosed(): boolean {
    return this.#lifecycle === 'closed'
  }

  #isDue(): boolean {
    if (this.#isClosed()) return false
    return this.#held.isDue || this.#isBatchFull() || (this.#queue.length > 0 && this.#flushes.size > 0)
  }

  #isBatchFull(): boolean {
    return this.#queue.length >= this.#writer.batchSize || this.#queue.bytes >= this.#settings.batchBytes
  }

  async #deliverBatch(): Promise<void> {
    if (this.#queue.length === 0) return
    const { firstNumber } = this.#queue
    await this.#writer.write(this.#takeBatch(), firstNumber)
    if (this.#queue.length === 0) this.#drops.queueEmptied()
    this.#finishSettledFlushes()
    await this.#writer.pauseIfAllRefused()
  }

  #takeBatch(): readonly TraceRecord[] {
    return this.#queue.take(this.#writer.batchSize, this.#settings.batchBytes)
  }

  #finishSettledFlushes(): void {
    this.#flushes.finishSettled(number => this.#isSettled(number))
  }
}
