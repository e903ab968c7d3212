/** Times that differ by less than this are equal. */
export const TINY_MS = 1e-6

/** Returns the position of the first number in a sorted list that is not below `value`. */
export function findFirst(list: readonly number[], value: number): number {
  return findFirstBy(list, value, item => item)
}

/** Returns the position of the first item in a sorted list whose number is not below `value`. */
export function findFirstBy<T>(list: readonly T[], value: number, numberOf: (item: T) => number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = list[middle]
    if (item !== undefined && numberOf(item) < value) low = middle + 1
    else high = middle
  }
  return low
}
