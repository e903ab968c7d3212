import type { Report, ReportNode } from '../tree/report.js'

/** When a point ran as far as is known. */
export interface KnownSpan {
  readonly node: ReportNode
  /** Its start, or the first that is known of what lies below it. */
  readonly startUs: number
  /** Its end, never before its start; where it has none, the last that is known of it and of what lies below it. */
  readonly endUs: number
  /** The last that is known of it and of what lies below it: later than `endUs` where that outlasted it. */
  readonly lastUs: number
  /** Whether it never finished. */
  readonly isOpen: boolean
}

/** The spans of all points of which any time is known. */
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
