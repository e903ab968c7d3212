import type { CorrectedReport } from '@osprofiler/report'

/**
 * How long a trace took, in microseconds. Where clocks contradict one another, that is what the clock of its first point
 * says: the time between the records of two hosts means nothing then.
 */
export function traceDuration({ roots, durationUs, clocks }: CorrectedReport): number | undefined {
  return clocks.some(({ contradictory }) => contradictory) ? (roots[0]?.durationUs ?? durationUs) : durationUs
}
