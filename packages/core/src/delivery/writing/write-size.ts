import type { WriteOutcome } from '../../driver/write-outcome.js'
import { Math } from '../../platform/platform.js'

const SHRINK = 4
/** This many answers in a row double the size. A record that always breaks the connection then costs few others. */
const ANSWERS_TO_GROW = 8

/** Limits the records per write. A write without an answer lowers the limit, since all of its records are in doubt. */
export function createWriteSize(most: number) {
  let current = most
  let answers = 0
  return {
    get current(): number {
      return current
    },
    settled(records: number, outcome: WriteOutcome): void {
      if (outcome.kind === 'unknown' || (outcome.kind === 'taken' && outcome.unknown > 0)) {
        current = Math.max(1, Math.floor(Math.min(current, records) / SHRINK))
        answers = 0
      } else if (outcome.kind === 'taken' && current < most && ++answers >= ANSWERS_TO_GROW) {
        current = Math.min(most, 2 * current)
        answers = 0
      }
    },
  }
}
