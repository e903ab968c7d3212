import { groupBy } from '../../tree/group-by.js'
import { readCallSite } from '../../tree/read-call-site.js'
import type { ReportNode } from '../../tree/report.js'
import { formatCallSite } from '../../words/call-sites.js'
import { isLayer } from '../../words/point-label.js'

/**
 * Groups points by a key, and then by the line of the program that made them, because two loops can send the same
 * query. Framework layers are grouped only by the key, because each layer has its own line.
 */
export function groupRepeats(
  nodes: readonly ReportNode[],
  keyOf: (node: ReportNode) => string | ReportNode,
): ReportNode[][] {
  return Array.from(groupBy(nodes, keyOf).values()).flatMap(splitByCallSite)
}

function splitByCallSite(nodes: ReportNode[]): ReportNode[][] {
  const [first] = nodes
  if (first === undefined || nodes.length === 1 || isLayer(first)) return [nodes]
  const groups = groupBy(nodes, node => {
    const site = readCallSite(node)
    return site && formatCallSite(site)
  })
  // If only one line is known, points without a call site probably come from this line too.
  const knownLines = groups.size - (groups.has(undefined) ? 1 : 0)
  return knownLines < 2 ? [nodes] : [...groups.values()]
}
