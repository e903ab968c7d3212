import type { Report, ReportNode } from '../tree/report.js'
import { findKnownSpans } from './known-spans.js'

/** A stretch of a point in which none of its children ran, nor what they left running: it worked, or something was not recorded. */
export interface Gap {
  readonly node: ReportNode
  readonly fromUs: number
  readonly toUs: number
  /** The child that ended where the stretch begins; `undefined` at the point's start. */
  readonly after: ReportNode | undefined
  /** The child that started where the stretch ends; `undefined` at the point's end. */
  readonly before: ReportNode | undefined
}

/**
 * The longest gap of each point that has children and both ends, in tree order. As with self time, a child that never
 * finished counts to its parent's end.
 */
export function findGaps(report: Report): Gap[] {
  const spans = findKnownSpans(report)
  return report.points.flatMap(node => {
    const { startedUs, finishedUs } = node
    if (node.children.length === 0 || startedUs === undefined || finishedUs === undefined) return []
    let longest: Gap | undefined
    let reachedUs = startedUs
    let after: ReportNode | undefined
    const consider = (toUs: number, before: ReportNode | undefined): void => {
      const us = Math.min(toUs, finishedUs) - reachedUs
      if (us > 0 && us > (longest === undefined ? 0 : longest.toUs - longest.fromUs)) {
        longest = { node, fromUs: reachedUs, toUs: Math.min(toUs, finishedUs), after, before }
      }
    }
    const children = node.children.map(child => spans.get(child)).filter(child => child !== undefined)
    for (const child of children.sort((a, b) => a.startUs - b.startUs)) {
      consider(child.startUs, child.startUs < finishedUs ? child.node : undefined)
      // With what it handed over and did not wait for: as long as that runs, something is recorded.
      const endUs = child.isOpen ? finishedUs : child.lastUs
      if (endUs > reachedUs) {
        reachedUs = endUs
        after = child.node
      }
    }
    consider(finishedUs, undefined)
    return longest === undefined ? [] : [longest]
  })
}
