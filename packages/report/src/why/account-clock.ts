import type { Account, Cause, Stretch } from '../tree/account.js'
import { findFirstIndex } from '../tree/find-first-index.js'

/** A time, and its position in the timeline of an account. */
export interface PlacedTime {
  readonly us: number
  /** The index of the first interval of the timeline that ends after the time. */
  readonly index: number
}

/**
 * Looks up how much time of a cause passed before a given time. Lookups have to be fast, because there is at least one
 * for each point.
 */
export interface AccountClock {
  readonly causes: readonly Cause[]
  place(us: number): PlacedTime
  /**
   * Returns how much time a cause took before `place`, in microseconds. If `cause` is `undefined`, returns the time of
   * all causes.
   */
  usBefore(place: PlacedTime, cause: Cause | undefined): number
}

/** Adds up the timeline of an account in advance, once for each cause. Unknown causes are left out. */
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

/** Returns whether there is a cause, and its kind is not `unknown`. */
export function isKnown(cause: Cause | undefined): cause is Cause {
  return cause !== undefined && cause.kind !== 'unknown'
}

function matches(stretch: Stretch, cause: Cause | undefined): boolean {
  return cause === undefined ? isKnown(stretch.cause) : stretch.cause === cause
}

/**
 * Returns, for each interval of the timeline, the time of a cause in the intervals before it. The last entry is the
 * whole time of the cause.
 */
function addUp(timeline: readonly Stretch[], cause: Cause | undefined): Float64Array {
  const sums = new Float64Array(timeline.length + 1)
  timeline.forEach((stretch, index) => {
    const us = matches(stretch, cause) ? stretch.endUs - stretch.startUs : 0
    sums[index + 1] = (sums[index] ?? 0) + us
  })
  return sums
}

/** Returns the index of the first interval of the timeline that ends after a time. */
export function findFirst(timeline: readonly Stretch[], us: number): number {
  return findFirstIndex(timeline, ({ endUs }) => endUs > us)
}
