import { type DiffPoint, diffReports, pointDetail, type Report, shownName } from '@osprofiler/report'
import { showText } from '@osprofiler/report/toolkit'
import type { ComparedTrace, TraceComparison } from '../../protocol/trace-comparison.js'
import type { Trace } from './traces.js'

/** A table with more rows is too long to read. */
const MAX_PATHS = 2_000
const MAX_TEXT_CHARS = 300

/** Compares two traces. If there are too many paths, keeps those that changed most. */
export async function compareTraces(before: Trace, after: Trace): Promise<TraceComparison> {
  const [reportBefore, reportAfter] = [await before.readReport(), await after.readReport()]
  const diff = diffReports([reportBefore], [reportAfter])
  const kept = selectLargestChanges(diff.points)
  return {
    before: toComparedTrace(before, reportBefore),
    after: toComparedTrace(after, reportAfter),
    runs: diff.runs,
    total: diff.total,
    points: kept.map(point => ({
      ...point,
      service: point.service === null ? null : toShownText(point.service),
      name: toShownText(shownName(point.name)),
      detail: toShownText(point.detail),
    })),
    left: diff.points.length - kept.length,
  }
}

/** Returns the paths that changed most and the paths above them, in the order of the tree. */
function selectLargestChanges(points: readonly DiffPoint[]): readonly DiffPoint[] {
  if (points.length <= MAX_PATHS) return points
  const byId = new Map(points.map(point => [point.id, point]))
  const kept = new Set<DiffPoint>()
  for (const largest of points.toSorted((a, b) => Math.abs(b.total.deltaUs) - Math.abs(a.total.deltaUs))) {
    let point: DiffPoint | undefined = largest
    while (point !== undefined && !kept.has(point) && kept.size < MAX_PATHS) {
      kept.add(point)
      point = byId.get(point.parent ?? -1)
    }
  }
  return points.filter(point => kept.has(point))
}

function toComparedTrace({ title }: Trace, { roots, points }: Report): ComparedTrace {
  const [top] = roots
  return {
    title: toShownText(title),
    name: toShownText(top && (pointDetail(top) || shownName(top.name))),
    service: toShownText(top?.service),
    points: points.length,
  }
}

function toShownText(text: string | undefined): string {
  return showText(text, MAX_TEXT_CHARS)
}
