/**
 * Returns the value that the given share of the sorted values does not exceed (nearest rank), or `undefined` for an
 * empty list.
 */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
