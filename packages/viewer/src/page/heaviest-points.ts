import type { ReportNode } from '@osprofiler/report'

/**
 * Returns the `limit` heaviest points, in tree order. A point weighs as much as the longest point at or below it, so
 * that no point is kept without the points above it. Points that failed or whose end is unknown weigh more than all
 * others.
 */
export function selectHeaviestPoints(points: readonly ReportNode[], limit: number): readonly ReportNode[] {
  if (points.length <= limit) return points
  const places = new Map(points.map((node, index) => [node, index]))
  const weights = Float64Array.from(points, computeOwnWeight)
  for (let index = points.length - 1; index >= 0; index--) {
    for (const child of points[index]?.children ?? []) {
      const below = weights[places.get(child) ?? -1] ?? 0
      if (below > (weights[index] ?? 0)) weights[index] = below
    }
  }
  // If points have equal weights, the first point in tree order is kept, so a parent comes before its children.
  const order = Uint32Array.from(points.keys()).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b)
  const kept = new Set(order.subarray(0, limit))
  return points.filter((_, index) => kept.has(index))
}

function computeOwnWeight({ failed, durationUs }: ReportNode): number {
  return failed || durationUs === undefined ? Number.MAX_SAFE_INTEGER : durationUs
}
