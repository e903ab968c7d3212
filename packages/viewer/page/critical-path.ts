import { criticalPath, type Report } from '@osprofiler/report'
import type { CriticalSpan } from './trace-model.js'

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
