import { performance } from './platform.js'
import { createRareWarning } from './rare-warning.js'

/** Warns of a store that takes nothing: once an outage, for it would go unnoticed otherwise. */
export interface OutageWarning {
  /** To be called for each write of which the store took nothing. The reason is a sentence that holds no secret. */
  failed(reason: string): void
  /** To be called where records were given up because the store took none in time. */
  lost(count: number): void
  /** To be called for each write of which the store took a record. */
  over(): void
}

const WARN_AFTER_FAILURES = 4
/** A store that gives no answer fails rarely: its second failure is enough after this time. */
const WARN_AFTER_MS = 5_000

/** @param isHeard whether the program listens to what is warned of here */
export function createOutageWarning(store: string, isHeard: () => boolean): OutageWarning {
  let failures = 0
  let failedAt = 0
  let isWarned = false
  const warnRarely = createRareWarning()

  function warn(message: string): void {
    if (isWarned || isHeard()) return
    isWarned = warnRarely('outage', 'OSPROFILER_STORE_UNREACHABLE', () => message)
  }

  return {
    failed(reason) {
      const now = performance.now()
      if (++failures === 1) failedAt = now
      const isLong = failures > 1 && now - failedAt >= WARN_AFTER_MS
      if (failures >= WARN_AFTER_FAILURES || isLong)
        warn(`No record can be delivered to the store (${store}): ${reason}`)
    },
    lost(count) {
      if (count > 0) warn(`The store (${store}) gave no answer in time. Records that were not delivered: ${count}`)
    },
    over() {
      failures = 0
      isWarned = false
    },
  }
}
