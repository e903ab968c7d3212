import { Math } from '../../platform/platform.js'

/** Allows about ten tries in the five seconds of a flush, and spares a store that refuses a password. */
const MAX_PAUSE_DURING_FLUSH_MS = 500

/** Creates the pauses between tries, each longer than the one before. */
export function createBackoff({ minBackoff, maxBackoff }: { minBackoff: number; maxBackoff: number }) {
  let pause = minBackoff
  return {
    /** Returns the next pause in milliseconds, short during a flush: the store may be back before a long pause ends. */
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
