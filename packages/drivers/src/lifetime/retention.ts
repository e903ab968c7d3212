import { suppress } from '@osprofiler/core'
import { dateNow, Math } from '@osprofiler/core/toolkit'
import { toTimestamp } from '../listing/trace-query.js'
import { hold } from './hold.js'

/** A pruning keeps the process alive for this long, because a program that ends soon has to prune as well. */
const HOLD_MS = 2_000
const MAX_PAUSE_MS = 3_600_000
const MIN_PAUSE_MS = 1_000

/** Periodic removal of expired traces, which the writes of a driver trigger. */
export interface Retention {
  /** Must be called after each write. Returns at once. */
  afterWrite(): void
  /** Resolves when the current pruning has ended. */
  settled(): Promise<void>
}

/**
 * Removes traces older than `ttl` milliseconds at the first write, and then every tenth of `ttl`, with pauses between a
 * second and an hour. `prune` removes the traces without a record since its argument. After a failure, the next pruning
 * may succeed. Several processes may prune at once.
 */
export function createRetention(ttl: number | undefined, prune: (before: string) => Promise<unknown>): Retention {
  const pause = Math.min(Math.max((ttl ?? 0) / 10, MIN_PAUSE_MS), MAX_PAUSE_MS)
  let next = 0
  let running: Promise<unknown> | undefined
  return {
    afterWrite() {
      const now = dateNow()
      if (ttl === undefined || running !== undefined || now < next) return
      next = now + pause
      const before = toTimestamp(now - ttl)
      running = hold(() => suppress(() => prune(before)), HOLD_MS)
        .catch(() => undefined)
        .finally(() => {
          running = undefined
        })
    },
    async settled() {
      await running
    },
  }
}
