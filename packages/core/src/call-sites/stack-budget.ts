import { Math, performance } from '../platform/platform.js'

/** The time that one request may spend on reading stacks: so many milliseconds, and a share of its duration. */
const FREE_MS = 5
const SHARE = 0.05
/** A single stack takes less. A longer time is a pause of the process. */
const MAX_STACK_MS = 1

/** The time that one request may spend on reading stacks. */
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
