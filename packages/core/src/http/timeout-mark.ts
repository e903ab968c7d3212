import { Number, performance } from '../platform/platform.js'

// A program may write a log before it ends what timed out. Much later, it has another reason.
const RECENT_MS = 1_000

/** Remembers when a connection or a stream timed out. Node goes on with it unless somebody ends it. */
export type TimeoutMark = ReturnType<typeof createTimeoutMark>

export function createTimeoutMark() {
  let at = Number.NEGATIVE_INFINITY
  return {
    note(): void {
      at = performance.now()
    },
    /** Whether what ends now ends because of the time-out. */
    isRecent: (): boolean => performance.now() - at < RECENT_MS,
  }
}
