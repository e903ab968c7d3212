import type { ClockBounds } from './clock-bounds.js'

/** The offset to add to one clock's times to put them on another clock, and the offset's maximum error. */
export interface ClockFit {
  readonly us: number
  readonly boundUs: number
}

/**
 * Finds the offset that fits all limits: 0 if the clocks may agree, otherwise the middle of the remaining range. If
 * limits contradict one another by no more than the tolerance, the offset is the middle between them. If limits
 * contradict one another by more than the tolerance, the result is the offset that most limits allow (Marzullo's
 * algorithm). Returns `undefined` if no offset fits a majority of the limits.
 */
export function fitClocks(all: readonly ClockBounds[], toleranceUs: number): ClockFit | undefined {
  const min = maxOf(all.map(bounds => bounds.min))
  const max = minOf(all.map(bounds => bounds.max))
  const knownMin = maxOf(all.map(bounds => (bounds.isLoose.min ? Number.NEGATIVE_INFINITY : bounds.min)))
  const knownMax = minOf(all.map(bounds => (bounds.isLoose.max ? Number.POSITIVE_INFINITY : bounds.max)))
  if (all.every(bounds => allowsOffset(bounds, 0, 0))) return { us: 0, boundUs: Math.max(0, -knownMin, knownMax) }
  if (min > max) return fitContradictory(all, min, max, toleranceUs)
  // Without an upper limit, the lower limit is the best estimate, because most requests are served soon after they are
  // sent.
  if (knownMax === Number.POSITIVE_INFINITY) return { us: min, boundUs: knownMax }
  if (knownMin === Number.NEGATIVE_INFINITY) return { us: max, boundUs: knownMax - knownMin }
  return { us: Math.round((min + max) / 2), boundUs: Math.ceil((max - min) / 2) }
}

/** Returns whether an offset is within the limits, or exceeds them by at most their slack and the tolerance. */
export function allowsOffset({ min, max, slack }: ClockBounds, us: number, toleranceUs: number): boolean {
  return us >= min - slack.min - toleranceUs && us <= max + slack.max + toleranceUs
}

function fitContradictory(
  all: readonly ClockBounds[],
  min: number,
  max: number,
  toleranceUs: number,
): ClockFit | undefined {
  // If no call limits the offset from both sides, nothing shows which times are right.
  if (!all.some(({ isLoose }) => !isLoose.min && !isLoose.max)) return undefined
  if (min - max <= toleranceUs) return { us: Math.round((min + max) / 2), boundUs: Math.ceil((min - max) / 2) }
  const marginUs = toleranceUs / 2
  const us = findMostAgreedOffset(all, marginUs)
  const agreeing = all.filter(bounds => us >= bounds.min - marginUs && us <= bounds.max + marginUs)
  const isMajority = agreeing.length * 2 > all.length && agreeing.length < all.length
  return isMajority ? fitClocks(agreeing, toleranceUs) : undefined
}

/** Returns an offset that is within as many ranges as possible. Each range is widened by the margin. */
function findMostAgreedOffset(all: readonly ClockBounds[], marginUs: number): number {
  const ends = all.flatMap(({ min, max }) => [
    { us: min - marginUs, step: 1 },
    { us: max + marginUs, step: -1 },
  ])
  // At equal offsets, starts of ranges are sorted before ends, because ranges include both ends.
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
  // If no range has a finite start, the first end is within all ranges.
  return ends.find(({ step }) => step < 0)?.us ?? 0
}

/** Replaces `Math.max(...numbers)`, because there may be more numbers than a function can have arguments. */
function maxOf(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY)
}

function minOf(numbers: readonly number[]): number {
  return numbers.reduce((fewest, number) => Math.min(fewest, number), Number.POSITIVE_INFINITY)
}
