import type { Interval } from '../analysis/self-time.js'
import type { Report, ReportNode } from '../tree/report.js'

/**
 * Returns an interval for every point, in microseconds since the trace's first record. A point without a stop ends with
 * its parent or with the trace. A point without a start begins at its stop. A point that stops before it starts ends at
 * its start.
 */
export function computeDrawnIntervals(report: Report): Map<ReportNode, Interval> {
  const intervals = new Map<ReportNode, Interval>()
  const whole: Interval = { startUs: 0, endUs: report.durationUs ?? 0 }
  const draw = (node: ReportNode, enclosing: Interval): void => {
    const startUs = node.startedUs ?? node.finishedUs ?? enclosing.startUs
    intervals.set(node, { startUs, endUs: Math.max(startUs, node.finishedUs ?? enclosing.endUs) })
  }
  for (const root of report.roots) draw(root, whole)
  for (const node of report.points) {
    const enclosing = intervals.get(node) ?? whole
    for (const child of node.children) draw(child, enclosing)
  }
  return intervals
}
