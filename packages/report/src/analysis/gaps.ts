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
  /**
   * The gap begins after the child `after`, and ends before the child `before`. `after` is `undefined` if the gap
   * begins at the point's start, and `before` is `undefined` if the gap ends at the point's end.
   */
  readonly after: ReportNode | undefined
  readonly before: ReportNode | undefined
}

/**
 * Returns the longest gap of each finished point with children. An unfinished child is assumed to have run until its
 * parent's end.
 */
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
      // The child may have started work and not waited for it. This work was recorded too, so the child counts up to
      // the end of this work (`lastUs`).
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
