import { suppress } from '@osprofiler/core'
import { dateNow, Math } from '@osprofiler/core/toolkit'
import { toTimestamp } from '../listing/trace-query.js'
import { holdProcessDuring } from './hold.js'

/**
 * Pruning keeps the process alive for at most this time. Otherwise, a short-lived program would end before it has
 * pruned.
 */
const MAX_HOLD_MS = 2_000
const MAX_PAUSE_MS = 3_600_000
const MIN_PAUSE_MS = 1_000

/** Removes expired traces at intervals. The writes of a driver trigger the removal. */
export interface Retention {
  /** Starts pruning if it is due, and returns immediately. Must be called after each write. */
  startIfDue(): void
  /** Resolves when the current pruning has ended. */
  waitForPruning(): Promise<void>
}

/**
 * Removes traces that are older than `ttl` milliseconds. Pruning starts after the first write, and then after the first
 * write in each interval. An interval is a tenth of `ttl`, but at least one second and at most one hour.
 * `prune(before)` must remove the traces whose records are all older than `before`. A failure is ignored, because the
 * next pruning may succeed. Several processes may prune at the same time.
 */
export function createRetention(ttl: number | undefined, prune: (before: string) => Promise<unknown>): Retention {
  const pauseMs = Math.min(Math.max((ttl ?? 0) / 10, MIN_PAUSE_MS), MAX_PAUSE_MS)
  let nextAt = 0
  let running: Promise<unknown> | undefined
  return {
    startIfDue() {
      const now = dateNow()
      if (ttl === undefined || running !== undefined || now < nextAt) return
      nextAt = now + pauseMs
      const before = toTimestamp(now - ttl)
      running = holdProcessDuring(() => suppress(() => prune(before)), MAX_HOLD_MS)
        .catch(() => undefined)
        .finally(() => {
          running = undefined
        })
    },
    async waitForPruning() {
      await running
    },
  }
}
