import type { DropStats } from './losses/drops.js'

/**
 * Counts of records. `emitted` always equals the sum of `written`, `dropped`, `unknown` and `queued` (0 after `close`).
 */
export interface NotifierStats extends DropStats {
  readonly emitted: number
  readonly written: number
  /** Records whose outcome is unknown, because the connection broke during the write. */
  readonly unknown: number
  /** Records that are waiting or being written. */
  readonly queued: number
  /** Records whose write failed and was tried again. Each retry counts. */
  readonly retried: number
}
