import { criticalPath, type Report } from '@osprofiler/report'
import { groupBy } from '@osprofiler/report/toolkit'

/** A segment of the critical path within a point, in microseconds since the trace's first record. */
export interface CriticalSpan {
  readonly fromUs: number
  readonly toUs: number
}

/**
 * Returns the segments of the critical path by the index of their point. Time outside of all points has the index -1.
 */
export function findCriticalPath(
  report: Report,
  indexOf: ReadonlyMap<string, number>,
): ReadonlyMap<number, readonly CriticalSpan[]> {
  return groupBy(criticalPath(report), ({ point }) => indexOf.get(point?.traceId ?? '') ?? -1)
}
