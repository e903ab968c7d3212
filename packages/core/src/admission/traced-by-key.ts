import type { KeyObject } from 'node:crypto'

/**
 * Counts by key, for a list of keys that changes now and then.
 *
 * Counts nothing yet. At a rotation, a key that stays keeps its count, wherever the key stands now; others begin at 0.
 */
export function createTracedByKey() {
  let known: readonly KeyObject[] = []
  let counts: number[] = []

  function follow(keys: readonly KeyObject[]): void {
    if (keys === known) return
    counts = keys.map((key, position) => {
      // A key that is named twice is found at its first position alone.
      const isFirst = keys.findIndex(other => other.equals(key)) === position
      return (isFirst ? counts[known.findIndex(before => before.equals(key))] : undefined) ?? 0
    })
    known = keys
  }

  return {
    /** Counts once more for one of the keys in force. */
    add(keys: readonly KeyObject[], key: KeyObject): void {
      follow(keys)
      const position = keys.indexOf(key)
      counts[position] = (counts[position] ?? 0) + 1
    },
    /** The counts of the keys in force, by position. */
    list(keys: readonly KeyObject[]): readonly number[] {
      follow(keys)
      return [...counts]
    },
  }
}
