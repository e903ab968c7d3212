import type { ClockBounds } from './clock-bounds.js'

/** The offset to add to a clock's times to put them on another clock, with its maximum error. */
export interface ClockFit {
  readonly us: number
  readonly boundUs: number
}

/**
 * Finds the offset that fits all limits: 0 if the clocks may agree, otherwise the middle of the remaining range. If
 * limits contradict one another within the tolerance, their middle counts. Otherwise the offset counts that most limits
 * agree with, after Marzullo. Returns `undefined` if no majority agrees.
 */
export function fitClocks(all: readonly ClockBounds[], toleranceUs: number): ClockFit | undefined {
  const min = maxOf(all.map(bounds => bounds.min))
  const max = minOf(all.map(bounds => bounds.max))
  const knownMin = maxOf(all.map(bounds => (bounds.isLoose.min ? Number.NEGATIVE_INFINITY : bounds.min)))
  const knownMax = minOf(all.map(bounds => (bounds.isLoose.max ? Number.POSITIVE_INFINITY : bounds.max)))
  if (all.every(bounds => allowsOffset(bounds, 0, 0))) return { us: 0, boundUs: Math.max(0, -knownMin, knownMax) }
  if (min > max) return fitContradictory(all, min, max, toleranceUs)
  // A request is mostly taken up soon after it was sent.
  if (knownMax === Number.POSITIVE_INFINITY) return { us: min, boundUs: knownMax }
  if (knownMin === Number.NEGATIVE_INFINITY) return { us: max, boundUs: knownMax - knownMin }
  return { us: Math.round((min + max) / 2), boundUs: Math.ceil((max - min) / 2) }
}

/** Returns whether an offset lies within limits, or outside of them by no more than the tolerance. */
export function allowsOffset({ min, max, slack }: ClockBounds, us: number, toleranceUs: number): boolean {
  return us >= min - slack.min - toleranceUs && us <= max + slack.max + toleranceUs
}

function fitContradictory(
  all: readonly ClockBounds[],
  min: number,
  max: number,
  toleranceUs: number,
): ClockFit | undefined {
  // If each call limits the offset from one side only, nothing shows which times are right.
  if (!all.some(({ isLoose }) => !isLoose.min && !isLoose.max)) return undefined
  if (min - max <= toleranceUs) return { us: Math.round((min + max) / 2), boundUs: Math.ceil((min - max) / 2) }
  const marginUs = toleranceUs / 2
  const us = findMostAgreedOffset(all, marginUs)
  const agreeing = all.filter(bounds => us >= bounds.min - marginUs && us <= bounds.max + marginUs)
  const isMajority = agreeing.length * 2 > all.length && agreeing.length < all.length
  return isMajority ? fitClocks(agreeing, toleranceUs) : undefined
}

/** Returns an offset within as many of the widened limits as possible. */
function findMostAgreedOffset(all: readonly ClockBounds[], marginUs: number): number {
  const ends = all.flatMap(({ min, max }) => [
    { us: min - marginUs, step: 1 },
    { us: max + marginUs, step: -1 },
  ])
  // At the same offset, a range begins before another one ends.
  ends.sort((a, b) => a.us - b.us || b.step - a.step)
  let count = 0
  let most = 0
  let found = 0
  for (const { us, step } of ends) {
    count += step
    if (count <= most) continue
    most = count
    found = us
  }
  if (found > Number.NEGATIVE_INFINITY) return found
  // All ranges begin at negative infinity, so the first end lies within all of them.
  return ends.find(({ step }) => step < 0)?.us ?? 0
}

/** Replaces `Math.max(...numbers)`, because there may be more calls than a function can have arguments. */
function maxOf(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY)
}

function minOf(numbers: readonly number[]): number {
  return numbers.reduce((fewest, number) => Math.min(fewest, number), Number.POSITIVE_INFINITY)
}
