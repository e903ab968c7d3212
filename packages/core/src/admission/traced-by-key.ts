import type { KeyObject } from 'node:crypto'

/**
 * Counts traces by key. When keys are rotated, a remaining key keeps its count, even at a new position. New keys start
 * at 0.
 */
export function createTracedByKey() {
  let known: readonly KeyObject[] = []
  let counts: number[] = []

  function adoptKeys(keys: readonly KeyObject[]): void {
    if (keys === known) return
    counts = keys.map((key, position) => {
      // A key that is listed twice is counted at its first position only.
      const isFirst = keys.findIndex(other => other.equals(key)) === position
      return (isFirst ? counts[known.findIndex(before => before.equals(key))] : undefined) ?? 0
    })
    known = keys
  }

  return {
    add(keys: readonly KeyObject[], key: KeyObject): void {
      adoptKeys(keys)
      const position = keys.indexOf(key)
      counts[position] = (counts[position] ?? 0) + 1
    },
    list(keys: readonly KeyObject[]): readonly number[] {
      adoptKeys(keys)
      return [...counts]
    },
  }
}
