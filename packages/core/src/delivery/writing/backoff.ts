import { Math } from '../../platform/platform.js'

/**
 * With this maximum, there are about ten tries during the five seconds of a flush, without flooding a store that
 * rejects the password.
 */
const MAX_PAUSE_DURING_FLUSH_MS = 500

/** Creates a sequence of pauses between tries, each longer than the one before. */
export function createBackoff({ minBackoff, maxBackoff }: { minBackoff: number; maxBackoff: number }) {
  let pause = minBackoff
  return {
    /**
     * Returns the next pause in milliseconds. The pause is short during a flush, because the store may recover before a
     * long pause ends.
     */
    next(isFlushPending: boolean): number {
      const current = pause
      pause = Math.min(2 * pause, maxBackoff)
      return isFlushPending ? Math.min(current, MAX_PAUSE_DURING_FLUSH_MS) : current
    },
    reset(): void {
      pause = minBackoff
    },
  }
}
