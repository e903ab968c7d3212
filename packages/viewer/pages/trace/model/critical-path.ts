import { criticalPath, type Report } from '@osprofiler/report'

/** A stretch of the critical path within a point, in microseconds of the trace. */
export interface CriticalSpan {
  readonly fromUs: number
  readonly toUs: number
}

/** Where the critical path runs, by point. */
export function findCriticalPath(
  report: Report,
  indexOf: ReadonlyMap<string, number>,
): ReadonlyMap<number, readonly CriticalSpan[]> {
  const spans = new Map<number, CriticalSpan[]>()
  for (const { point, fromUs, toUs } of criticalPath(report)) {
    const index = point === undefined ? undefined : indexOf.get(point.traceId)
    if (index === undefined) continue
    const known = spans.get(index)
    if (known === undefined) spans.set(index, [{ fromUs, toUs }])
    else known.push({ fromUs, toUs })
  }
  return spans
}
