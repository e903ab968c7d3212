import { setTimeout as sleep } from 'node:timers/promises'
import { createNotifier, type Driver, type QueueNotifier } from '@osprofiler/core'
import { expect, onTestFinished } from 'vitest'
import { makeRecord } from './make-record.js'

/** A driver's notifier, and functions that emit records to it. */
export interface NotifierLoad {
  readonly notifier: QueueNotifier
  /** The errors of failed writes. */
  readonly errors: readonly Error[]
  /** Emits `count` records of several traces at once. */
  emit(count: number): void
  /** Emits a batch every few milliseconds, as a service does, until `isEnough` returns true or the test ends. */
  emitUntil(isEnough: () => boolean): Promise<void>
  /** Emits `count` records, and waits until each record is counted as written, dropped or unknown. */
  write(count: number): Promise<void>
  /**
   * Expects each record to be counted once, and the counts to match the stored records. `stored` lists the point ids of
   * the stored records.
   */
  expectBalance(stored: readonly unknown[]): void
}

export const BATCH = 100
/** The time limit for an action on a busy machine. */
export const ACTION_TIMEOUT_MS = 30_000
const TRACES = 7

/**
 * Creates a notifier for a driver. The notifier retries after a short pause, so that the tests are fast, and is closed
 * after the test.
 */
export function openLoad(driver: Driver, maxRecords = 100_000): NotifierLoad {
  const notifier = createNotifier(driver, {
    batchSize: BATCH,
    flushAfter: 5,
    minBackoff: 10,
    maxBackoff: 50,
    maxRecords,
  })
  const errors: Error[] = []
  notifier.on('error', error => errors.push(error as Error))
  let isOver = false
  onTestFinished(async () => {
    isOver = true
    await notifier.close(1_000)
    await driver.close()
  })
  let emitted = 0
  const emit = (count: number) => {
    for (let index = 0; index < count; index++) notifier(makeRecord({ base_id: `trace-${emitted++ % TRACES}` }))
  }
  return {
    notifier,
    errors,
    emit,
    async emitUntil(isEnough) {
      while (!isOver && !isEnough()) {
        // Without this limit, a server that comes back after seconds would need minutes to store the backlog.
        if (notifier.stats.queued < 20 * BATCH) emit(BATCH)
        await sleep(5)
      }
    },
    async write(count) {
      emit(count)
      await notifier.flush(ACTION_TIMEOUT_MS)
    },
    expectBalance(stored) {
      const { written, dropped, unknown, queued } = notifier.stats
      expect(queued).toBe(0)
      expect(written + dropped + unknown).toBe(notifier.stats.emitted)
      expect(new Set(stored).size).toBe(stored.length)
      expect(stored.length).toBeGreaterThanOrEqual(written)
      expect(stored.length).toBeLessThanOrEqual(written + unknown)
    },
  }
}
