/** The value that a share of the values does not exceed (the nearest rank); `undefined` of none. Give them sorted. */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
