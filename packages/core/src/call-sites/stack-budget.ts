import { Math, performance } from '../platform/platform.js'

/** One request may read stacks for this many milliseconds, plus the fraction `SHARE` of the request's duration. */
const FREE_MS = 5
const SHARE = 0.05
/**
 * Reading a single stack takes less than this many milliseconds. A longer measurement includes a pause of the process,
 * so at most this time is counted.
 */
const MAX_STACK_MS = 1

/** The limit on the time that one request may spend on reading stacks. */
export class StackBudget {
  readonly #startedAt = performance.now()
  #spentMs = 0

  hasTime(): boolean {
    return this.#spentMs <= FREE_MS + SHARE * (performance.now() - this.#startedAt)
  }

  /** Runs `read` and counts its time. */
  spend<T>(read: () => T): T {
    const startedAt = performance.now()
    try {
      return read()
    } finally {
      this.#spentMs += Math.min(performance.now() - startedAt, MAX_STACK_MS)
    }
  }
}
