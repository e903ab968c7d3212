import type { CorrectedReport } from './correct-skew.js'

/** Clocks are put right to within some milliseconds: what seems to outlast a trace by less has not. */
const LITTLE_US = 10_000

/**
 * How long a trace took, in microseconds. Where clocks differ, that is what the clock of its first service says, unless
 * something on another clock went on for longer for certain.
 */
export function traceDuration({ roots, points, durationUs, clocks }: CorrectedReport): number | undefined {
  const isContradictory = clocks.some(({ contradictory }) => contradictory)
  if (!isContradictory && clocks.every(({ offsetUs }) => offsetUs === 0)) return durationUs
  const [top] = roots
  let firstUs = Number.POSITIVE_INFINITY
  let lastUs = Number.NEGATIVE_INFINITY
  for (const { host, service, startedUs, finishedUs } of points) {
    if (host !== top?.host || service !== top?.service) continue
    firstUs = Math.min(firstUs, startedUs ?? firstUs, finishedUs ?? firstUs)
    lastUs = Math.max(lastUs, startedUs ?? lastUs, finishedUs ?? lastUs)
  }
  const ownUs = lastUs - firstUs
  if (!(ownUs >= 0)) return durationUs
  return isContradictory || (durationUs ?? 0) - ownUs <= LITTLE_US ? ownUs : durationUs
}
