import type { Driver } from '../driver/driver.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { Object } from '../platform/platform.js'
import { lookAtLeftovers } from '../points/leftovers.js'
import { readUnhandledPromises } from '../promises/follow-promise.js'
import type { TraceRecord } from '../record/trace-record.js'
import { flushBeforeExit } from './before-exit.js'
import { Delivery, type DeliverySettings } from './delivery.js'
import type { DropReason } from './losses/drops.js'
import type { NotifierStats } from './notifier-stats.js'

/** How records are queued and delivered. */
export interface NotifierOptions {
  /**
   * Records that wait at most; further ones are dropped. The last tenth is kept free for the records of roots, such as
   * served requests. Default 250,000: what `maxPointsPerTrace` allows by default, and that tenth.
   */
  readonly maxRecords?: number | undefined
  /** What they may take up in memory, roughly, in bytes. Default 128 MiB. */
  readonly maxBytes?: number | undefined
  /** Records in one write. Default 500. */
  readonly batchSize?: number | undefined
  /**
   * How many bytes the records of one write are at most, roughly: as JSON in UTF-8. A larger record is written alone.
   * Default 512 KiB: a request of such a batch stays below 1 MiB, the limit of many proxies.
   */
  readonly batchBytes?: number | undefined
  /** How long the first record waits for others, in ms. Default 50. */
  readonly flushAfter?: number | undefined
  /** The pause after a failed write, in ms, doubled each time up to `maxBackoff`. Default 100. */
  readonly minBackoff?: number | undefined
  /** The longest pause, in ms. Default 10,000. */
  readonly maxBackoff?: number | undefined
}

/** A notifier that queues records and delivers them to a driver in the background. */
export interface QueueNotifier {
  (record: TraceRecord): void
  /** Resolves when all that waits now was taken by the store or given up, or after `timeout` ms (default 5,000). */
  flush(timeout?: number): Promise<void>
  /**
   * As `flush`; then drops what is left, a write that has not ended included, and takes no more. The driver stays open: it
   * is its owner's to close.
   */
  close(timeout?: number): Promise<void>
  readonly stats: NotifierStats
  /** `drop`: so many records were dropped. `error`: a write failed. What a listener throws is ignored. */
  on(event: 'drop', listener: (count: number, reason: DropReason) => void): QueueNotifier
  on(event: 'error', listener: (error: unknown) => void): QueueNotifier
}

const FLUSH_TIMEOUT_MS = 5_000

/**
 * A notifier that writes to a driver in the background: in batches, one write in flight, tried again with growing
 * pauses while the store fails. Whoever emits a record never waits and never fails; memory is bounded.
 *
 * Nothing of it keeps a process alive, but a process that comes to its natural end delivers what waits first.
 *
 * @throws TypeError for an option that is not a positive number.
 * @example
 * const notifier = createNotifier(openDriver('sqlite://'))
 * setNotifier(notifier)
 * // in the application's own shutdown:
 * await notifier.close()
 */
export function createNotifier(driver: Driver, options: NotifierOptions = {}): QueueNotifier {
  const delivery = new Delivery(driver, readSettings(options))
  let forgetExit: (() => void) | undefined
  let closed = false

  async function flushAtExit(timeout: number): Promise<boolean> {
    recordWhatIsOver()
    const delivered = await delivery.flush(timeout)
    if (!delivered) delivery.rest()
    return delivered
  }

  function notifier(record: TraceRecord): void {
    // Not before: a notifier that takes no record leaves the process as it was.
    if (!closed) forgetExit ??= flushBeforeExit(flushAtExit)
    delivery.add(record)
  }

  const members = {
    async flush(timeout = FLUSH_TIMEOUT_MS): Promise<void> {
      recordWhatIsOver()
      await delivery.flush(timeout)
    },
    async close(timeout = FLUSH_TIMEOUT_MS): Promise<void> {
      recordWhatIsOver()
      closed = true
      forgetExit?.()
      await delivery.close(timeout)
    },
    on(event: string, listener: (...details: never[]) => void): QueueNotifier {
      delivery.on(event, listener as (...details: unknown[]) => void)
      return queueNotifier
    },
  }
  const queueNotifier = Object.defineProperties(notifier, {
    ...Object.getOwnPropertyDescriptors(members),
    stats: { get: () => delivery.stats, enumerable: true },
  }) as unknown as QueueNotifier
  return queueNotifier
}

const OPTIONS: OptionKinds<NotifierOptions> = {
  maxRecords: 'positive',
  maxBytes: 'positive',
  batchSize: 'positive',
  batchBytes: 'positive',
  flushAfter: 'positive',
  minBackoff: 'positive',
  maxBackoff: 'positive',
}

function readSettings(options: NotifierOptions): DeliverySettings {
  checkOptions('createNotifier()', options, OPTIONS)
  const { maxRecords = 250_000, maxBytes = 128 * 1024 * 1024, batchSize = 500, batchBytes = 512 * 1024 } = options
  const { flushAfter = 50, minBackoff = 100, maxBackoff = 10_000 } = options
  return { maxRecords, maxBytes, batchSize, batchBytes, flushAfter, minBackoff, maxBackoff }
}

/** Has points that are over, and wait to hear how they ended, record their stops now. */
function recordWhatIsOver(): void {
  readUnhandledPromises()
  lookAtLeftovers()
}
