import { Math } from '../../platform/platform.js'

/** How long to wait before the next try: longer each time. */
export interface Backoff {
  /** The next pause in milliseconds. It is short where somebody waits: the store may be back before a long pause ends. */
  next(isAwaited: boolean): number
  reset(): void
}

/** Ten tries or so in a flush's five seconds: a store that refuses a password is not stormed. */
const LONGEST_AWAITED_MS = 500

export function createBackoff({ minBackoff, maxBackoff }: { minBackoff: number; maxBackoff: number }): Backoff {
  let pause = minBackoff
  return {
    next(isAwaited) {
      const now = pause
      pause = Math.min(2 * pause, maxBackoff)
      return isAwaited ? Math.min(now, LONGEST_AWAITED_MS) : now
    },
    reset() {
      pause = minBackoff
    },
  }
}
