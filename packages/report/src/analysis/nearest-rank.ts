/**
 * Returns a percentile of sorted values by the nearest-rank method, such as the 95th for the share 0.95. Returns
 * `undefined` for an empty list.
 */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
