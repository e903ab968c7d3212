import { Number, performance } from '../../platform/platform.js'

// A program may write a log before it ends what timed out. An end that comes much later has another reason.
const RECENT_MS = 1_000

/** Remembers when a connection or stream timed out. Node leaves it open unless the program ends it. */
export type TimeoutMark = ReturnType<typeof createTimeoutMark>

/** Creates a mark that remembers no time-out yet. A listener of `timeout` calls `note`. */
export function createTimeoutMark() {
  let timedOutAt = Number.NEGATIVE_INFINITY
  return {
    note(): void {
      timedOutAt = performance.now()
    },
    /** Returns whether a connection or stream that ends now ends because of the time-out. */
    isRecent: (): boolean => performance.now() - timedOutAt < RECENT_MS,
  }
}
