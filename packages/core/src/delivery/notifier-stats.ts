import type { DropStats } from './losses/drops.js'

/** Counts of records. `emitted` is always the sum of `written`, `dropped`, `unknown` and `queued` (0 after `close`). */
export interface NotifierStats extends DropStats {
  readonly emitted: number
  readonly written: number
  /** Records that may have been written: the connection broke in the middle. */
  readonly unknown: number
  /** Records that wait or are being written. */
  readonly queued: number
  /** Records whose write failed and was tried again. Each new try counts. */
  readonly retried: number
}
