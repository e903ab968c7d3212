import { setTimeout as sleep } from 'node:timers/promises'
import { createNotifier, type Driver, type QueueNotifier } from '@osprofiler/core'
import { expect, onTestFinished } from 'vitest'
import { makeRecord } from './make-record.js'

/** A notifier on a driver, and what emits records to it. */
export interface NotifierLoad {
  readonly notifier: QueueNotifier
  /** What the driver has failed of. */
  readonly errors: readonly Error[]
  /** Emits so many records at once, of several traces. */
  emit(count: number): void
  /** Emits a batch every few milliseconds, as a service does, until something holds or the test is over. */
  emitUntil(isEnough: () => boolean): Promise<void>
  /** Emits so many and waits until their fate is settled. */
  write(count: number): Promise<void>
  /** Fails unless every record has one fate, and what is stored agrees with that: each of `stored` is a point's id. */
  expectBalance(stored: readonly unknown[]): void
}

export const BATCH = 100
/** How long anything may take on a machine that has much else to do, in milliseconds. */
export const PATIENCE = 30_000
const TRACES = 7

/** Opens such a load, quick to try again so that the tests are; closed with the test. */
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
        // A server that takes seconds to come back must not find a backlog of minutes.
        if (notifier.stats.queued < 20 * BATCH) emit(BATCH)
        await sleep(5)
      }
    },
    async write(count) {
      emit(count)
      await notifier.flush(PATIENCE)
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
