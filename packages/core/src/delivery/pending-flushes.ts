import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Promise, Set, setTimeout } from '../platform/platform.js'

interface Flush {
  readonly target: number
  readonly finish: () => void
}

/** Creates the list of flushes that wait until records are settled (written or dropped). */
export function createPendingFlushes() {
  const flushes = new Set<Flush>()
  return {
    get size(): number {
      return flushes.size
    },
    /** Resolves when record number `target` and all records before it are settled, or after `timeout` milliseconds. */
    wait: (target: number, timeout: number): Promise<void> =>
      new Promise(resolve => {
        const flush = { target, finish }
        // The timer is not unref'd, because a flush keeps the process alive until its records are settled, but for at
        // most `timeout`.
        const deadline = setTimeout(finish, clampTimeout(timeout))
        flushes.add(flush)
        function finish(): void {
          clearTimeout(deadline)
          flushes.delete(flush)
          resolve()
        }
      }),
    /** Must be called when records have been settled. */
    finishSettled(isSettled: (target: number) => boolean): void {
      for (const { target, finish } of flushes) if (isSettled(target)) finish()
    },
    finishAll(): void {
      for (const { finish } of flushes) finish()
    },
  }
}
