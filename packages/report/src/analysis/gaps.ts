import type { Report, ReportNode } from '../tree/report.js'
import { findKnownSpans } from './known-spans.js'

/**
 * A part of a point's time in which no point below it ran. Either the point itself worked, or something was not
 * recorded.
 */
export interface Gap {
  readonly node: ReportNode
  readonly fromUs: number
  readonly toUs: number
  /** `after` and `before` are the children around the gap. They are `undefined` at the point's own start and end. */
  readonly after: ReportNode | undefined
  readonly before: ReportNode | undefined
}

/** Returns the longest gap of each finished point with children. An unfinished child counts up to its parent's end. */
export function findGaps(report: Report): Gap[] {
  const spans = findKnownSpans(report)
  return report.points.flatMap(node => {
    const { startedUs, finishedUs } = node
    if (node.children.length === 0 || startedUs === undefined || finishedUs === undefined) return []
    let longest: Gap | undefined
    let reachedUs = startedUs
    let after: ReportNode | undefined
    const offerGap = (toUs: number, before: ReportNode | undefined): void => {
      const us = Math.min(toUs, finishedUs) - reachedUs
      if (us > 0 && us > (longest === undefined ? 0 : longest.toUs - longest.fromUs)) {
        longest = { node, fromUs: reachedUs, toUs: Math.min(toUs, finishedUs), after, before }
      }
    }
    const children = node.children.map(child => spans.get(child)).filter(child => child !== undefined)
    for (const child of children.sort((a, b) => a.startUs - b.startUs)) {
      offerGap(child.startUs, child.startUs < finishedUs ? child.node : undefined)
      // Work that the child started without waiting for it was recorded as well, so a child counts up to `lastUs`.
      const endUs = child.isOpen ? finishedUs : child.lastUs
      if (endUs > reachedUs) {
        reachedUs = endUs
        after = child.node
      }
    }
    offerGap(finishedUs, undefined)
    return longest === undefined ? [] : [longest]
  })
}
