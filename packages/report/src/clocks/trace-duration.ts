import type { CorrectedReport } from './correct-skew.js'

/**
 * Corrected clocks may still be wrong by several milliseconds. So work on another clock may end this much later without
 * extending the trace.
 */
const MAX_IGNORED_EXCESS_US = 10_000

/**
 * Returns how long a trace took, in microseconds. If clocks differ, the duration is measured on the clock of the first
 * service, unless work on another clock certainly ended later.
 */
export function computeTraceDuration({ roots, points, durationUs, clocks }: CorrectedReport): number | undefined {
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
  return isContradictory || (durationUs ?? 0) - ownUs <= MAX_IGNORED_EXCESS_US ? ownUs : durationUs
}
