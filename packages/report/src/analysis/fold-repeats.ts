import { groupBy } from '../tree/group-by.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createRepetitionKey } from '../words/point-label.js'

const MIN_FOLDED = 3

/** Whether something is wrong with a point. */
export function isTroubled({ failed, marks }: ReportNode): boolean {
  return failed || marks.length > 0
}

/** The points with something wrong below them. */
export function findTroubledBelow(report: Report): Set<ReportNode> {
  const troubled = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => isTroubled(child) || troubled.has(child))) troubled.add(node)
  }
  return troubled
}

/**
 * Makes a function that folds siblings: three or more that are repetitions of one another, ended alike and have nothing
 * wrong below them are one group, and any other sibling is a group of its own.
 *
 * @param staysAlone keeps a point out of groups
 */
export function createFold(
  troubledBelow: ReadonlySet<ReportNode>,
  staysAlone: (node: ReportNode) => boolean = () => false,
): (siblings: readonly ReportNode[]) => ReportNode[][] {
  const keyOf = createRepetitionKey()
  return siblings => {
    if (siblings.length < MIN_FOLDED) return siblings.map(node => [node])
    const groups = groupBy(siblings, node =>
      troubledBelow.has(node) || staysAlone(node)
        ? node
        : `${keyOf(node)}${node.failed}${node.exception}${node.marks.join()}`,
    )
    return [...groups.values()].flatMap(nodes => (nodes.length < MIN_FOLDED ? nodes.map(node => [node]) : [nodes]))
  }
}
