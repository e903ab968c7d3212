import { Number, performance } from '../../platform/platform.js'

// An application may do other work, such as logging, before it closes a timed-out connection. If more than this time
// passes between the timeout and the close, the close has another reason.
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
    /** Returns whether the timeout was a moment ago, so that it explains why the connection or stream ends now. */
    isRecent: (): boolean => performance.now() - timedOutAt < RECENT_MS,
  }
}
