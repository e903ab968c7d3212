import type { Mark, ReportNode } from './report.js'

/** A point whose members may still change while the tree is being built. */
export type LinkedPoint = { -readonly [Key in keyof ReportNode]: ReportNode[Key] }

const UNSEEN = 0
const ON_PATH = 1
const DONE = 2
const NO_PARENT = -1

/**
 * Sets every point's children, depth, and marks about its parent. Each point is in the tree exactly once. Points whose
 * parent is not in the trace are at the top, and each cycle is cut above its earliest point.
 */
export function linkPoints(
  points: readonly LinkedPoint[],
  baseId: string | undefined,
): { roots: ReportNode[]; points: ReportNode[] } {
  const parents = findParents(points, baseId)
  cutCycles(points, parents)

  const roots: LinkedPoint[] = []
  const children: (LinkedPoint[] | undefined)[] = new Array(points.length)
  points.forEach((point, index) => {
    const parent = parents[index] ?? NO_PARENT
    if (parent === NO_PARENT) {
      roots.push(point)
      return
    }
    const siblings = children[parent]
    if (siblings === undefined) children[parent] = [point]
    else siblings.push(point)
  })
  roots.sort(compareStarts)
  children.forEach((siblings, index) => {
    const parent = points[index]
    if (siblings === undefined || parent === undefined) return
    parent.children = siblings.sort(compareStarts)
  })
  return { roots, points: listInTreeOrder(roots) }
}

function findParents(points: readonly LinkedPoint[], baseId: string | undefined): Int32Array {
  const indexes = new Map<string, number>()
  points.forEach((point, index) => {
    indexes.set(point.traceId, index)
  })
  return Int32Array.from(points, (point, index) => {
    const { parentId } = point
    const parent = parentId === undefined ? undefined : indexes.get(parentId)
    if (parent === index) addMark(point, 'self-parent')
    else if (parent !== undefined) return parent
    else if (parentId !== undefined && parentId !== baseId) addMark(point, 'orphan')
    return NO_PARENT
  })
}

/**
 * Cuts each cycle. Every point has at most one parent, so the chain of parents ends at the top, at a point already
 * visited, or in a cycle.
 */
function cutCycles(points: readonly LinkedPoint[], parents: Int32Array): void {
  const states = new Uint8Array(points.length)
  for (let index = 0; index < points.length; index++) {
    const path: number[] = []
    let current = index
    while (current !== NO_PARENT && states[current] === UNSEEN) {
      states[current] = ON_PATH
      path.push(current)
      current = parents[current] ?? NO_PARENT
    }
    if (current !== NO_PARENT && states[current] === ON_PATH) {
      let earliest = current
      for (const member of path.slice(path.indexOf(current))) {
        const point = points[member]
        const best = points[earliest]
        if (point === undefined || best === undefined) continue
        addMark(point, 'cycle')
        if (compareStarts(point, best) < 0) earliest = member
      }
      parents[earliest] = NO_PARENT
    }
    for (const seen of path) states[seen] = DONE
  }
}

/** Compares points by start, then by end. Sorting is stable, so equal points keep their order. */
export function compareStarts(a: ReportNode, b: ReportNode): number {
  const started = (a.startedUs ?? a.finishedUs ?? Infinity) - (b.startedUs ?? b.finishedUs ?? Infinity)
  // Infinity minus Infinity is NaN, so two points without a time are equal.
  return started || (a.finishedUs ?? Infinity) - (b.finishedUs ?? Infinity) || 0
}

/** Lists all points of a tree, parents before children, and sets their depths. */
export function listInTreeOrder(roots: readonly LinkedPoint[]): ReportNode[] {
  const ordered: LinkedPoint[] = []
  const waiting = roots.toReversed()
  for (let point = waiting.pop(); point !== undefined; point = waiting.pop()) {
    ordered.push(point)
    for (let index = point.children.length - 1; index >= 0; index--) {
      const child = point.children[index] as LinkedPoint
      child.depth = point.depth + 1
      waiting.push(child)
    }
  }
  return ordered
}

function addMark(point: LinkedPoint, found: Mark): void {
  point.marks = [...point.marks, found]
}
