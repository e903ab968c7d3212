import { Number, performance } from '../../platform/platform.js'
import { createRateLimitedWarning } from '../../platform/rate-limited-warning.js'

const WARN_AFTER_FAILURES = 4
/**
 * If a store does not answer, each failure takes a long time. So once this much time has passed, the second failure is
 * enough for a warning.
 */
const WARN_AFTER_MS = 5_000
/** This many writes or records with unknown outcomes within a minute indicate more than a single server restart. */
const WARN_AFTER_UNCERTAIN_WRITES = 4
const WARN_AFTER_UNCERTAIN_RECORDS = 100
const MINUTE_MS = 60_000

/**
 * Warns once per outage of a store that accepts no records, unless the application listens for failed writes
 * (`hasListener`).
 */
export function createOutageWarning(store: string, hasListener: () => boolean) {
  let failures = 0
  let failedAt = 0
  let isWarned = false
  let uncertain = { since: Number.NEGATIVE_INFINITY, writes: 0, records: 0 }
  const warnRarely = createRateLimitedWarning()

  function warn(message: string): void {
    if (isWarned || hasListener()) return
    isWarned = warnRarely('outage', 'OSPROFILER_STORE_UNREACHABLE', () => message)
  }

  return {
    /** Must be called for each write in which the store took no records. `reason` is a sentence without secrets. */
    noteFailure(reason: string): void {
      const now = performance.now()
      if (++failures === 1) failedAt = now
      const isLong = failures > 1 && now - failedAt >= WARN_AFTER_MS
      if (failures >= WARN_AFTER_FAILURES || isLong)
        warn(`No record can be delivered to the store (${store}): ${reason}`)
    },
    /** Must be called when records are dropped because the store took no records in time. */
    warnOfLoss(count: number): void {
      if (count > 0) warn(`The store (${store}) gave no answer in time. Records that were not delivered: ${count}`)
    },
    /** Must be called when `count` records may or may not be in the store. */
    noteUncertain(count: number, reason: string): void {
      const now = performance.now()
      if (now - uncertain.since > MINUTE_MS) uncertain = { since: now, writes: 0, records: 0 }
      const { since, writes, records } = uncertain
      uncertain = { since, writes: writes + 1, records: records + count }
      const isWorthWarning =
        writes + 1 >= WARN_AFTER_UNCERTAIN_WRITES || records + count >= WARN_AFTER_UNCERTAIN_RECORDS
      if (!isWorthWarning || isWarned || hasListener()) return
      const lostRecords = uncertain.records
      warnRarely(
        'uncertain',
        'OSPROFILER_RECORDS_UNCERTAIN',
        () =>
          `It is unknown whether the store (${store}) has ${lostRecords} records: ${reason} notifier.stats counts them as unknown.`,
      )
    },
    /** Must be called for each write in which the store took a record. */
    noteSuccess(): void {
      failures = 0
      isWarned = false
    },
  }
}
