import { Math } from '../../platform/platform.js'

/** Ten tries or so in a flush's five seconds: a store that refuses a password is not stormed. */
const MAX_AWAITED_MS = 500

/** How long to wait before the next try: longer each time. */
export function createBackoff({ minBackoff, maxBackoff }: { minBackoff: number; maxBackoff: number }) {
  let pause = minBackoff
  return {
    /** The next pause in milliseconds. It is short where somebody waits: the store may be back before a long pause ends. */
    next(isAwaited: boolean): number {
      const now = pause
      pause = Math.min(2 * pause, maxBackoff)
      return isAwaited ? Math.min(now, MAX_AWAITED_MS) : now
    },
    reset(): void {
      pause = minBackoff
    },
  }
}
