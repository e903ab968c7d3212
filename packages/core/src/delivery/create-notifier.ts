import type { Driver } from '../driver/driver.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { Math, Object, performance } from '../platform/platform.js'
import { runPendingChecks } from '../points/leftovers.js'
import { readUnhandledPromises } from '../promises/follow-promise.js'
import type { TraceRecord } from '../record/trace-record.js'
import { settleAccounts } from '../why/request-account.js'
import { flushBeforeExit } from './before-exit.js'
import { Delivery, type DeliverySettings } from './delivery.js'
import type { DropReason } from './losses/drops.js'
import type { NotifierStats } from './notifier-stats.js'

/** Options for queuing and delivering records. */
export interface NotifierOptions {
  /**
   * The maximum number of waiting records. Further records are dropped. A tenth of this number is reserved for records
   * of root points, such as served requests. Default 250,000.
   */
  readonly maxRecords?: number | undefined
  /** The approximate maximum memory of the waiting records, in bytes. Default 128 MiB. */
  readonly maxBytes?: number | undefined
  /** The maximum number of records in one write. Default 500. */
  readonly batchSize?: number | undefined
  /**
   * The approximate maximum size of a write, in bytes of JSON. A larger record is written by itself. Default 512 KiB.
   */
  readonly batchBytes?: number | undefined
  /** How long the first record of a batch waits for more records, in milliseconds. Default 50. */
  readonly flushAfter?: number | undefined
  /**
   * The pause after a failed write, in milliseconds. The pause doubles after each further failure, up to `maxBackoff`.
   * Default 100.
   */
  readonly minBackoff?: number | undefined
  /** The longest pause between two tries, in milliseconds. Default 10,000. */
  readonly maxBackoff?: number | undefined
}

/** A notifier that queues records and delivers them to a driver in the background. */
export interface QueueNotifier {
  (record: TraceRecord): void
  /**
   * Resolves once all records that are waiting when `flush` is called are written or dropped, or after `timeout`
   * milliseconds (default 5,000).
   */
  flush(timeout?: number): Promise<void>
  /**
   * Flushes, then drops the remaining records, even those of an unfinished write, and accepts no more records. Does not
   * close the driver.
   */
  close(timeout?: number): Promise<void>
  readonly stats: NotifierStats
  /** Adds a listener for dropped records or for failed writes. An error thrown by a listener is ignored. */
  on(event: 'drop', listener: (count: number, reason: DropReason) => void): QueueNotifier
  on(event: 'error', listener: (error: unknown) => void): QueueNotifier
}

const DEFAULT_FLUSH_TIMEOUT_MS = 5_000

/**
 * Creates a notifier that writes batches to a driver, one at a time in the background. While the store fails, the
 * pauses between tries grow. Emitting a record never waits or fails, and memory is bounded. The notifier keeps the
 * process alive only at a natural exit, to deliver records.
 *
 * @throws TypeError for an option that is not a positive number
 * @example
 * const notifier = createNotifier(openDriver('sqlite://'))
 * setNotifier(notifier)
 * // in the application's own shutdown:
 * await notifier.close()
 */
export function createNotifier(driver: Driver, options: NotifierOptions = {}): QueueNotifier {
  const delivery = new Delivery(driver, readSettings(options))
  let cancelExitFlush: (() => void) | undefined
  let isClosed = false

  async function flushAtExit(timeout: number): Promise<boolean> {
    recordFinishedPoints()
    const delivered = await delivery.flush(await settleWithin(timeout))
    if (!delivered) delivery.suspend()
    return delivered
  }

  function notifier(record: TraceRecord): void {
    // The flush is registered when the first record arrives, so that a notifier without records adds no listener to the
    // process.
    if (!isClosed) cancelExitFlush ??= flushBeforeExit(flushAtExit)
    delivery.add(record)
  }

  const members = {
    async flush(timeout = DEFAULT_FLUSH_TIMEOUT_MS): Promise<void> {
      recordFinishedPoints()
      await delivery.flush(await settleWithin(timeout))
    },
    async close(timeout = DEFAULT_FLUSH_TIMEOUT_MS): Promise<void> {
      recordFinishedPoints()
      const left = await settleWithin(timeout)
      isClosed = true
      cancelExitFlush?.()
      await delivery.close(left)
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

const NOTIFIER_OPTIONS: OptionKinds<NotifierOptions> = {
  maxRecords: 'positive',
  maxBytes: 'positive',
  batchSize: 'positive',
  batchBytes: 'positive',
  flushAfter: 'positive',
  minBackoff: 'positive',
  maxBackoff: 'positive',
}

function readSettings(options: NotifierOptions): DeliverySettings {
  checkOptions('createNotifier()', options, NOTIFIER_OPTIONS)
  // 250,000 records are enough for one trace with the default `maxPointsPerTrace`, plus a tenth for root points. A 512
  // KiB request body stays below 1 MiB, the limit of many proxies.
  const { maxRecords = 250_000, maxBytes = 128 * 1024 * 1024, batchSize = 500, batchBytes = 512 * 1024 } = options
  const { flushAfter = 50, minBackoff = 100, maxBackoff = 10_000 } = options
  return { maxRecords, maxBytes, batchSize, batchBytes, flushAfter, minBackoff, maxBackoff }
}

/**
 * Waits until pending accounts are complete. (An account divides a request's own time among its causes.) Resolves to
 * the milliseconds that are left of `timeout`.
 */
async function settleWithin(timeout: number): Promise<number> {
  const startedAt = performance.now()
  await settleAccounts(timeout)
  return Math.max(0, timeout - (performance.now() - startedAt))
}

/** Records the stops of points that have ended but whose outcome is not known yet. */
function recordFinishedPoints(): void {
  readUnhandledPromises()
  runPendingChecks()
}
