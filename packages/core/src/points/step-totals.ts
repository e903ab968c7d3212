import { Array, Map } from '../platform/platform.js'

/** The number of steps with the same name, and their total duration. */
export interface StepTotal {
  readonly name: string
  readonly count: number
  readonly ms: number
}

/**
 * Sums the durations of a request's closed points by name, for a caller that has asked for an answer. An answer is a
 * report in the headers of the response.
 */
export interface StepTotals {
  add(name: string, ms: number): void
  /** Returns the totals, longest first. */
  list(): readonly StepTotal[]
}

/**
 * The maximum number of names. Points with further names are not summed, because an application may use a new name for
 * each point.
 */
const MAX_NAMES = 100

/** Creates totals without any points. */
export function createStepTotals(): StepTotals {
  const totals = new Map<string, { count: number; ms: number }>()
  return {
    add(name, ms) {
      const total = totals.get(name)
      if (total !== undefined) {
        total.count++
        total.ms += ms
      } else if (totals.size < MAX_NAMES) {
        totals.set(name, { count: 1, ms })
      }
    },
    list: () => Array.from(totals, ([name, total]) => ({ name, ...total })).sort((one, other) => other.ms - one.ms),
  }
}
