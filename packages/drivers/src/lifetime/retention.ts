import { suppress } from '@osprofiler/core'
import { Date, dateNow, Math } from '@osprofiler/core/toolkit'
import { toTimestamp } from '../listing/trace-query.js'
import { hold } from './hold.js'

/** For so long a pruning keeps the process alive: a program that ends soon has to prune as well. */
const HOLD_MS = 2_000
const MAX_PAUSE_MS = 3_600_000
const MIN_PAUSE_MS = 1_000

/** Prunes a store from time to time, while it is being written. */
export interface Retention {
  /** To be called after each write. Returns at once. */
  afterWrite(): void
  /** Resolves when a pruning that is under way has ended. */
  settled(): Promise<void>
}

/**
 * Keeps a store from growing for ever: once at the first write and then every tenth of `ttl`, though not more often
 * than each second nor less often than each hour, removes what is older than that. Where it fails, the next one may
 * succeed. Several processes may do so at once.
 *
 * @param ttl milliseconds; `undefined` does nothing at all
 * @param prune removes the traces without a record from a timestamp on
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
      const before = toTimestamp(new Date(now - ttl))
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
