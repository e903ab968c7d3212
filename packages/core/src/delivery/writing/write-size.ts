import type { WriteOutcome } from '../../driver/write-outcome.js'
import { Math } from '../../platform/platform.js'

const SHRINK_DIVISOR = 4
/**
 * After this many answered writes in a row, the maximum size of a write doubles. It grows so slowly because a record
 * that always breaks the connection should endanger few other records.
 */
const ANSWERS_TO_GROW = 8

/**
 * Limits the number of records per write. A write without an answer lowers the limit, because the outcome of all its
 * records is unknown.
 */
export function createWriteSize(max: number) {
  let current = max
  let answers = 0
  return {
    get current(): number {
      return current
    },
    adjust(records: number, outcome: WriteOutcome): void {
      if (outcome.kind === 'unknown' || (outcome.kind === 'taken' && outcome.unknown > 0)) {
        current = Math.max(1, Math.floor(Math.min(current, records) / SHRINK_DIVISOR))
        answers = 0
      } else if (outcome.kind === 'taken' && current < max && ++answers >= ANSWERS_TO_GROW) {
        current = Math.min(max, 2 * current)
        answers = 0
      }
    },
  }
}
