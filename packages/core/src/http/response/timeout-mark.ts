import { Number, performance } from '../../platform/platform.js'

// An application may write a log entry before it closes a timed-out connection. A close much later has another reason.
const RECENT_MS = 1_000

/**
 * Remembers when a connection or stream timed out. Node leaves the connection or stream open unless the application
 * closes it.
 */
export type TimeoutMark = ReturnType<typeof createTimeoutMark>

/** Creates a mark without a timeout. A listener for `timeout` must call `note`. */
export function createTimeoutMark() {
  let timedOutAt = Number.NEGATIVE_INFINITY
  return {
    note(): void {
      timedOutAt = performance.now()
    },
    /** Returns whether a connection or stream that ends now ends because of the timeout. */
    isRecent: (): boolean => performance.now() - timedOutAt < RECENT_MS,
  }
}
