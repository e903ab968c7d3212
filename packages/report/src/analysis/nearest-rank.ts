/** Returns the sorted value that a share of the values does not exceed (nearest rank); `undefined` for no values. */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
