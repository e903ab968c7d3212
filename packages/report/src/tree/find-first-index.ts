/**
 * Returns the index of the first item for which `isReached` returns `true`, by binary search. The items must be sorted:
 * `isReached` must also return `true` for all items after this item. If there is no such item, returns the length.
 */
export function findFirstIndex<T>(sorted: readonly T[], isReached: (item: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isReached(sorted[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
