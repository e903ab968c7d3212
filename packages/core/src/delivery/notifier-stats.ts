import type { DropStats } from './losses/drops.js'

/**
 * What became of the records: `emitted` is the sum of `written`, `dropped`, `unknown` and `queued`, at any time.
 * After `close` nothing is queued.
 */
export interface NotifierStats extends DropStats {
  readonly emitted: number
  readonly written: number
  /** The connection broke in the middle of their write. */
  readonly unknown: number
  /** Waiting, or being written. */
  readonly queued: number
  /** Records whose write failed and was tried again, each time counted. */
  readonly retried: number
}
