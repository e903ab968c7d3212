import type { Report, ReportNode } from '../tree/report.js'

/** The known part of the time in which a point ran. */
export interface KnownSpan {
  readonly node: ReportNode
  /** The point's start; if unknown, the earliest known time of the point and the points below it. */
  readonly startUs: number
  /** The point's end, not before its start; if unknown, the latest known time of the point and the points below it. */
  readonly endUs: number
  /** The latest known time of the point and the points below it, which may end after the point itself. */
  readonly lastUs: number
  /** Whether the point never finished. */
  readonly isOpen: boolean
}

/** Returns the span of each point. A point is left out if neither it nor any point below it has a known time. */
export function findKnownSpans(report: Report): Map<ReportNode, KnownSpan> {
  const spans = new Map<ReportNode, KnownSpan>()
  for (const node of report.points.toReversed()) {
    let firstBelow = Number.POSITIVE_INFINITY
    let lastBelow = Number.NEGATIVE_INFINITY
    for (const child of node.children) {
      const below = spans.get(child)
      if (below === undefined) continue
      firstBelow = Math.min(firstBelow, below.startUs)
      lastBelow = Math.max(lastBelow, below.lastUs)
    }
    const startUs = node.startedUs ?? Math.min(firstBelow, node.finishedUs ?? Number.POSITIVE_INFINITY)
    if (startUs === Number.POSITIVE_INFINITY) continue
    const endUs = Math.max(startUs, node.finishedUs ?? lastBelow)
    spans.set(node, {
      node,
      startUs,
      endUs,
      lastUs: Math.max(endUs, lastBelow),
      isOpen: node.finishedUs === undefined,
    })
  }
  return spans
}
