import { OsprofilerError } from './osprofiler-error.js'
import { String } from './platform.js'
import { createRareWarning } from './rare-warning.js'

/** Warns of a store that takes nothing: once an outage, for it would go unnoticed otherwise. */
export interface OutageWarning {
  /** To be called for each write that failed. */
  failed(error: unknown): void
  /** To be called where records were given up because the store took none in time. */
  lost(count: number): void
  /** To be called for each write that did not fail. */
  over(): void
}

const WARN_AFTER_FAILURES = 4

/** @param isHeard whether the program listens to what is warned of here */
export function createOutageWarning(store: string, isHeard: () => boolean): OutageWarning {
  let failures = 0
  let isWarned = false
  const warnRarely = createRareWarning()

  function warn(message: string): void {
    if (isWarned || isHeard()) return
    isWarned = warnRarely('outage', 'OSPROFILER_STORE_UNREACHABLE', () => message)
  }

  return {
    failed(error) {
      if (++failures < WARN_AFTER_FAILURES) return
      // The messages of our own errors hold no secret; of another's nobody knows.
      const reason = error instanceof OsprofilerError ? error.message : String(codeOf(error) ?? 'it gives no code')
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

/** The code of an error. Not by its class: with two copies of this package in a process there are two. */
export function codeOf(error: unknown): unknown {
  try {
    return (error as { code?: unknown } | null | undefined)?.code
  } catch {
    return undefined
  }
}
