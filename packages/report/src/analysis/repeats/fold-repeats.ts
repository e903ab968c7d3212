import type { Report, ReportNode } from '../../tree/report.js'
import { createRepetitionKey } from '../../words/point-label.js'
import { groupRepeats } from './group-repeats.js'

const MIN_FOLDED_POINTS = 3

/** Returns whether a point failed or has marks (defects of its records). A folded row must not hide such a point. */
export function isTroubled({ failed, marks }: ReportNode): boolean {
  return failed || marks.length > 0
}

/** Returns the points that have a point below them that failed or has marks. */
export function findTroubledBelow(report: Report): Set<ReportNode> {
  const troubled = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => isTroubled(child) || troubled.has(child))) troubled.add(node)
  }
  return troubled
}

/**
 * Creates a function that groups siblings. Three or more siblings form a group if they repeat one another, come from
 * the same line, and have the same outcome and marks. Every other sibling is a group by itself. So is a sibling with a
 * failed or marked point below it, or a sibling for which `staysAlone` returns true.
 */
export function createFold(
  troubledBelow: ReadonlySet<ReportNode>,
  staysAlone: (node: ReportNode) => boolean = () => false,
): (siblings: readonly ReportNode[]) => ReportNode[][] {
  const keyOf = createRepetitionKey()
  return siblings => {
    if (siblings.length < MIN_FOLDED_POINTS) return siblings.map(node => [node])
    const groups = groupRepeats(siblings, node =>
      troubledBelow.has(node) || staysAlone(node)
        ? node
        : `${keyOf(node)}${node.failed}${node.exception}${node.marks.join()}`,
    )
    return groups.flatMap(nodes => (nodes.length < MIN_FOLDED_POINTS ? nodes.map(node => [node]) : [nodes]))
  }
}
