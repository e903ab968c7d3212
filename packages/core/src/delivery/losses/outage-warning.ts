import { Number, performance } from '../../platform/platform.js'
import { createRateLimitedWarning } from '../../platform/rate-limited-warning.js'

const WARN_AFTER_FAILURES = 4
/** A store that does not answer fails rarely, so its second failure is enough after this time. */
const WARN_AFTER_MS = 5_000
/** So many writes or records with an unknown outcome within a minute indicate more than one restart of a server. */
const WARN_AFTER_UNCERTAIN = 4
const WARN_AFTER_UNCERTAIN_RECORDS = 100
const MINUTE_MS = 60_000

/** Warns once per outage of a store that takes nothing, unless the program listens for failed writes (`isHeard`). */
export function createOutageWarning(store: string, isHeard: () => boolean) {
  let failures = 0
  let failedAt = 0
  let isWarned = false
  let uncertain = { since: Number.NEGATIVE_INFINITY, writes: 0, records: 0 }
  const warnRarely = createRateLimitedWarning()

  function warn(message: string): void {
    if (isWarned || isHeard()) return
    isWarned = warnRarely('outage', 'OSPROFILER_STORE_UNREACHABLE', () => message)
  }

  return {
    /** Must be called for each write of which the store took nothing. `reason` is a sentence without secrets. */
    failed(reason: string): void {
      const now = performance.now()
      if (++failures === 1) failedAt = now
      const isLong = failures > 1 && now - failedAt >= WARN_AFTER_MS
      if (failures >= WARN_AFTER_FAILURES || isLong)
        warn(`No record can be delivered to the store (${store}): ${reason}`)
    },
    /** Must be called when records were given up because the store took none in time. */
    lost(count: number): void {
      if (count > 0) warn(`The store (${store}) gave no answer in time. Records that were not delivered: ${count}`)
    },
    /** Must be called when the store may or may not have `count` records. */
    uncertain(count: number, reason: string): void {
      const now = performance.now()
      if (now - uncertain.since > MINUTE_MS) uncertain = { since: now, writes: 0, records: 0 }
      const { since, writes, records } = uncertain
      uncertain = { since, writes: writes + 1, records: records + count }
      const isMuch = writes + 1 >= WARN_AFTER_UNCERTAIN || records + count >= WARN_AFTER_UNCERTAIN_RECORDS
      if (!isMuch || isWarned || isHeard()) return
      const lost = uncertain.records
      warnRarely(
        'uncertain',
        'OSPROFILER_RECORDS_UNCERTAIN',
        () =>
          `Nobody knows whether the store (${store}) has ${lost} records: ${reason} notifier.stats counts them as unknown.`,
      )
    },
    /** Must be called for each write of which the store took a record. */
    over(): void {
      failures = 0
      isWarned = false
    },
  }
}
