import type { Driver } from '../driver/driver.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { Object } from '../platform/platform.js'
import { runPendingChecks } from '../points/leftovers.js'
import { readUnhandledPromises } from '../promises/follow-promise.js'
import type { TraceRecord } from '../record/trace-record.js'
import { flushBeforeExit } from './before-exit.js'
import { Delivery, type DeliverySettings } from './delivery.js'
import type { DropReason } from './losses/drops.js'
import type { NotifierStats } from './notifier-stats.js'

/** Options for queuing and delivering records. */
export interface NotifierOptions {
  /** How many records may wait. More are dropped. A tenth is for roots, such as served requests. Default 250,000. */
  readonly maxRecords?: number | undefined
  /** The maximum memory of the waiting records, roughly, in bytes. Default 128 MiB. */
  readonly maxBytes?: number | undefined
  /** The maximum number of records in one write. Default 500. */
  readonly batchSize?: number | undefined
  /** The rough maximum size of a write in bytes of JSON. A larger record is written alone. Default 512 KiB. */
  readonly batchBytes?: number | undefined
  /** How long the first record waits for others, in milliseconds. Default 50. */
  readonly flushAfter?: number | undefined
  /** The pause after a failed write, in milliseconds, doubled each time up to `maxBackoff`. Default 100. */
  readonly minBackoff?: number | undefined
  /** The longest pause, in milliseconds. Default 10,000. */
  readonly maxBackoff?: number | undefined
}

/** A notifier that queues records and delivers them to a driver in the background. */
export interface QueueNotifier {
  (record: TraceRecord): void
  /** Resolves when everything that waits now was taken or given up, or after `timeout` milliseconds (default 5,000). */
  flush(timeout?: number): Promise<void>
  /** Flushes, drops the rest, even an unfinished write, and takes no more. The driver stays open for its owner. */
  close(timeout?: number): Promise<void>
  readonly stats: NotifierStats
  /** Adds a listener for dropped records or for failed writes. An error thrown by a listener is ignored. */
  on(event: 'drop', listener: (count: number, reason: DropReason) => void): QueueNotifier
  on(event: 'error', listener: (error: unknown) => void): QueueNotifier
}

const DEFAULT_FLUSH_TIMEOUT_MS = 5_000

/**
 * Creates a notifier that writes batches to a driver, one at a time in the background, with growing pauses while the
 * store fails. Emitting a record never waits or fails, and memory is bounded. The process stays alive only to deliver
 * records at a natural exit.
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
    const delivered = await delivery.flush(timeout)
    if (!delivered) delivery.suspend()
    return delivered
  }

  function notifier(record: TraceRecord): void {
    // Registered with the first record: a notifier without records leaves the process as it was.
    if (!isClosed) cancelExitFlush ??= flushBeforeExit(flushAtExit)
    delivery.add(record)
  }

  const members = {
    async flush(timeout = DEFAULT_FLUSH_TIMEOUT_MS): Promise<void> {
      recordFinishedPoints()
      await delivery.flush(timeout)
    },
    async close(timeout = DEFAULT_FLUSH_TIMEOUT_MS): Promise<void> {
      recordFinishedPoints()
      isClosed = true
      cancelExitFlush?.()
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
  // 250,000 records hold one trace of the default `maxPointsPerTrace`, and a tenth for roots. A request of 512 KiB of
  // records stays below 1 MiB, the limit of many proxies.
  const { maxRecords = 250_000, maxBytes = 128 * 1024 * 1024, batchSize = 500, batchBytes = 512 * 1024 } = options
  const { flushAfter = 50, minBackoff = 100, maxBackoff = 10_000 } = options
  return { maxRecords, maxBytes, batchSize, batchBytes, flushAfter, minBackoff, maxBackoff }
}

/** Records the stops of points that are over but still wait to learn how they ended. */
function recordFinishedPoints(): void {
  readUnhandledPromises()
  runPendingChecks()
}
