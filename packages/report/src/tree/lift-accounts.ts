import { groupBy } from './group-by.js'
import { compareStarts, type LinkedPoint, listInTreeOrder } from './link-points.js'
import type { Report, ReportNode } from './report.js'

type Tree = Pick<Report, 'roots' | 'points'>

/** Moves the points that contain accounts out of a tree that is being built, into `accounts`. */
export function liftAccounts(tree: Tree, ids: ReadonlySet<string>): Tree & Pick<Report, 'accounts'> {
  if (ids.size === 0) return tree
  const isStep = ({ traceId }: ReportNode): boolean => !ids.has(traceId)
  for (const node of tree.points as LinkedPoint[]) {
    if (!node.children.every(isStep)) node.children = node.children.filter(isStep)
  }
  return {
    roots: tree.roots.filter(isStep),
    points: tree.points.filter(isStep),
    accounts: tree.points.filter(node => !isStep(node)),
  }
}

/**
 * Puts the points that contain accounts back into the tree, for outputs that contain every record. Returns the same
 * report if it has no accounts.
 */
export function restoreAccounts(report: Report): Report {
  const { accounts = [], roots, points } = report
  if (accounts.length === 0) return report
  const ids = new Set(points.map(({ traceId }) => traceId))
  const accountsBelow = groupBy(accounts, ({ parentId = '' }) => (ids.has(parentId) ? parentId : undefined))
  const copies = new Map<ReportNode, LinkedPoint>()
  const addAccounts = (nodes: readonly ReportNode[], parentId: string | undefined): ReportNode[] => {
    const lifted = accountsBelow.get(parentId) ?? []
    const all = [...nodes.map(node => copies.get(node) ?? node), ...lifted.map(node => ({ ...node }))]
    return lifted.length === 0 ? all : all.sort(compareStarts)
  }
  for (const node of points.toReversed()) {
    copies.set(node, { ...node, children: addAccounts(node.children, node.traceId) })
  }
  const whole = addAccounts(roots, undefined)
  return { ...report, accounts: undefined, roots: whole, points: listInTreeOrder(whole) }
}
