import { Number, performance } from '../platform/platform.js'

// A program may write a log before it ends what timed out. Much later, it has another reason.
const RECENT_MS = 1_000

/** Remembers when a connection or a stream timed out. Node goes on with it unless somebody ends it. */
export interface TimeoutMark {
  note(): void
  /** Whether what ends now ends because of the time-out. */
  isRecent(): boolean
}

export function createTimeoutMark(): TimeoutMark {
  let at = Number.NEGATIVE_INFINITY
  return {
    note() {
      at = performance.now()
    },
    isRecent: () => performance.now() - at < RECENT_MS,
  }
}
