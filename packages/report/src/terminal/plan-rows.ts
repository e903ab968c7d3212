import type { FilteredPoints } from '../analysis/filter-points.js'
import { createFold, findTroubledBelow, isTroubled } from '../analysis/repeats/fold-repeats.js'
import type { Report, ReportNode } from '../tree/report.js'

/** A row of the drawing: a point, or several points that repeat one another. */
export interface Row {
  readonly nodes: readonly ReportNode[]
  /**
   * Whether the row shows only the slowest point of the row above, which combines repeated points. The points below
   * the slowest point can then be drawn.
   */
  readonly isExample: boolean
  readonly children: readonly Row[]
  /** The children for which there is no room. `points` also counts the points below them. */
  readonly hidden: { readonly points: number; readonly longestUs: number } | undefined
}

interface Draft {
  readonly nodes: readonly ReportNode[]
  readonly isExample: boolean
  readonly weight: number
  readonly order: number
  children: Draft[]
  hidden: Row['hidden']
}

type Sizes = ReadonlyMap<ReportNode, number>

/**
 * Chooses which points of a report to draw in at most `maxRows` rows. Three or more siblings share a row if they repeat
 * one another, have equal marks, and no point below them failed or has marks. Rows with failures or marks are chosen
 * first, and then the longest rows. Each row is below its parent. Returns a row without points, whose children are the
 * rows at the top. Points that `filtered` excludes are hidden.
 */
export function planRows(report: Report, maxRows: number, filtered?: FilteredPoints): Row {
  const sizes = countPoints(report)
  const troubled = findTroubledBelow(report)
  // A folded row shows the children of only one point, so a point that leads to a match of the filter has a separate
  // row.
  const fold = createFold(troubled, node => filtered?.onPath.has(node) === true)
  const toDraft = (nodes: readonly ReportNode[], isExample = false, order = 0): Draft => {
    const weight = nodes.some(node => isTroubled(node) || troubled.has(node)) ? 1e15 : 0
    const sum = nodes.reduce((us, { durationUs = 0 }) => us + durationUs, weight)
    return { nodes, isExample, weight: sum, order, children: [], hidden: undefined }
  }
  const top = toDraft([])
  const candidates: { readonly draft: Draft; readonly parent: Draft }[] = []
  const addCandidates = (parent: Draft, nodes: readonly ReportNode[], isExample = false): void => {
    const shown = filtered === undefined ? nodes : nodes.filter(node => filtered.shown.has(node))
    if (shown.length < nodes.length) {
      const leftOut = nodes.filter(node => !filtered?.shown.has(node))
      countHidden(parent, [toDraft(leftOut, isExample)], sizes)
    }
    const drafts = fold(shown).map((group, order) => toDraft(group, isExample, order))
    drafts.sort((a, b) => b.weight - a.weight)
    for (const draft of drafts.slice(0, maxRows)) candidates.push({ draft, parent })
    countHidden(parent, drafts.slice(maxRows), sizes)
  }

  const hasShownChild = ({ children }: ReportNode): boolean =>
    filtered === undefined ? children.length > 0 : children.some(child => filtered.shown.has(child))

  addCandidates(top, report.roots)
  for (let rows = 0; rows < maxRows; rows++) {
    const chosen = takeHeaviest(candidates)
    if (chosen === undefined) break
    const { draft, parent } = chosen
    parent.children.push(draft)
    const [node] = draft.nodes
    if (node === undefined) continue
    if (draft.nodes.length === 1) addCandidates(draft, node.children)
    else if (draft.nodes.some(hasShownChild)) addCandidates(draft, [findSlowest(draft.nodes)], true)
  }
  for (const { draft, parent } of candidates) countHidden(parent, [draft], sizes)
  sortRows(top)
  return top
}

function countPoints(report: Report): Sizes {
  const sizes = new Map<ReportNode, number>()
  for (const node of report.points.toReversed()) {
    sizes.set(
      node,
      node.children.reduce((sum, child) => sum + (sizes.get(child) ?? 1), 1),
    )
  }
  return sizes
}

/**
 * Removes and returns the heaviest candidate. A linear search is fast enough for the few rows that a person can read.
 */
function takeHeaviest<Candidate extends { readonly draft: Draft }>(candidates: Candidate[]): Candidate | undefined {
  let heaviest = 0
  candidates.forEach(({ draft }, index) => {
    if (draft.weight > (candidates[heaviest]?.draft.weight ?? 0)) heaviest = index
  })
  const chosen = candidates[heaviest]
  const last = candidates.pop()
  if (last !== undefined && last !== chosen) candidates[heaviest] = last
  return chosen
}

function countHidden(parent: Draft, drafts: readonly Draft[], sizes: Sizes): void {
  for (const { nodes, isExample } of drafts) {
    // The point of an example row is already counted in the row above.
    if (isExample) continue
    let { points, longestUs } = parent.hidden ?? { points: 0, longestUs: 0 }
    for (const node of nodes) {
      points += sizes.get(node) ?? 1
      longestUs = Math.max(longestUs, node.durationUs ?? 0)
    }
    parent.hidden = { points, longestUs }
  }
}

function sortRows(top: Draft): void {
  const waiting = [top]
  for (let draft = waiting.pop(); draft !== undefined; draft = waiting.pop()) {
    draft.children.sort((a, b) => readStartUs(a) - readStartUs(b) || a.order - b.order)
    for (const child of draft.children) waiting.push(child)
  }
}

function readStartUs({ nodes: [node] }: Draft): number {
  return node?.startedUs ?? node?.finishedUs ?? Number.MAX_SAFE_INTEGER
}

function findSlowest(nodes: readonly ReportNode[]): ReportNode {
  return nodes.reduce((best, node) => ((node.durationUs ?? 0) > (best.durationUs ?? 0) ? node : best))
}
