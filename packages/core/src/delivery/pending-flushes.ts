import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Promise, Set, setTimeout } from '../platform/platform.js'

interface Flush {
  readonly target: number
  readonly finish: () => void
}

/** Those who wait until what they emitted is settled. */
export function createPendingFlushes() {
  const flushes = new Set<Flush>()
  return {
    get size(): number {
      return flushes.size
    },
    /** Resolves when the record of this number is settled and all before it, or after `timeout` milliseconds. */
    wait: (target: number, timeout: number): Promise<void> =>
      new Promise(resolve => {
        const flush = { target, finish }
        // Not unref'd: for as long as this, and no longer, a process is kept alive for its records.
        const deadline = setTimeout(finish, clampTimeout(timeout))
        flushes.add(flush)
        function finish(): void {
          clearTimeout(deadline)
          flushes.delete(flush)
          resolve()
        }
      }),
    /** To be called when records were settled. */
    look(isSettled: (target: number) => boolean): void {
      for (const { target, finish } of flushes) if (isSettled(target)) finish()
    },
    /** Has nobody wait any longer. */
    end(): void {
      for (const { finish } of flushes) finish()
    },
  }
}
