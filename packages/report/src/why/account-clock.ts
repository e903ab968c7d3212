import type { Account, Cause, Stretch } from '../tree/account.js'

/** A time of an account, with the place in the timeline where it lies. */
export interface PlacedTime {
  readonly us: number
  /** The index of the first stretch that ends after the time. */
  readonly index: number
}

/** Answers how much of a cause lies before a time, because a trace may have as many points as stretches. */
export interface AccountClock {
  readonly causes: readonly Cause[]
  place(us: number): PlacedTime
  /** Returns the time of a cause before a place, in microseconds. `undefined` stands for all causes together. */
  usBefore(place: PlacedTime, cause: Cause | undefined): number
}

/** Adds up the timeline of an account once for each cause. Causes that are not explained are left out. */
export function createAccountClock({ timeline }: Pick<Account, 'timeline'>): AccountClock {
  const causes = new Set(timeline.flatMap(({ cause }) => (isKnown(cause) ? [cause] : [])))
  const sums = new Map<Cause | undefined, Float64Array>(
    [undefined, ...causes].map(cause => [cause, addUp(timeline, cause)]),
  )
  return {
    causes: [...causes],
    place: us => ({ us, index: findFirst(timeline, us) }),
    usBefore({ us, index }, cause) {
      const stretch = timeline[index]
      const hasStarted = stretch !== undefined && stretch.startUs < us && matches(stretch, cause)
      return (sums.get(cause)?.[index] ?? 0) + (hasStarted ? us - stretch.startUs : 0)
    },
  }
}

/** Returns whether a cause says something. */
export function isKnown(cause: Cause | undefined): cause is Cause {
  return cause !== undefined && cause.kind !== 'unknown'
}

function matches(stretch: Stretch, cause: Cause | undefined): boolean {
  return cause === undefined ? isKnown(stretch.cause) : stretch.cause === cause
}

/** Returns, for each stretch, the time of a cause in the stretches before it. The last entry is the whole time. */
function addUp(timeline: readonly Stretch[], cause: Cause | undefined): Float64Array {
  const sums = new Float64Array(timeline.length + 1)
  timeline.forEach((stretch, index) => {
    const us = matches(stretch, cause) ? stretch.endUs - stretch.startUs : 0
    sums[index + 1] = (sums[index] ?? 0) + us
  })
  return sums
}

/** Returns the index of the first stretch that ends after a time. */
export function findFirst(timeline: readonly Stretch[], us: number): number {
  let [low, high] = [0, timeline.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((timeline[middle]?.endUs ?? 0) > us) high = middle
    else low = middle + 1
  }
  return low
}
