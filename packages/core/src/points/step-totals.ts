import { Array, Map } from '../platform/platform.js'

/** How often steps of one name were taken, and how long they took together. */
export interface StepTotal {
  readonly name: string
  readonly count: number
  readonly ms: number
}

/** Sums the closed points of a request by their names, for a caller that asks for an answer. */
export interface StepTotals {
  add(name: string, ms: number): void
  /** Returns the sums, longest first. */
  list(): readonly StepTotal[]
}

/** Names beyond this number are not summed, because a program can make up a name for each point. */
const MAX_NAMES = 100

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
