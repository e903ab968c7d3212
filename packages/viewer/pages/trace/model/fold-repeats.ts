import { createRepetitionKey, type ReportNode } from '@osprofiler/report'

const MIN_FOLDED = 3

export interface Folds {
  readonly foldOf: Int32Array
  readonly folds: ReadonlyMap<number, readonly number[]>
}

/** Finds siblings that do the same thing, three or more, with nothing wrong below them: as the terminal folds them. */
export function foldRepeats(points: readonly ReportNode[], parents: Int32Array, ends: Int32Array): Folds {
  const troubled = troubledBelow(points, parents)
  const keyOf = createRepetitionKey()
  const foldOf = new Int32Array(points.length).fill(-1)
  const folds = new Map<number, readonly number[]>()
  for (let parent = -1; parent < points.length; parent++) {
    const node = points[parent]
    if (node !== undefined && node.children.length < MIN_FOLDED) continue
    const groups = new Map<string, number[]>()
    const end = parent === -1 ? points.length : (ends[parent] ?? 0)
    for (let child = parent + 1; child < end; child = ends[child] ?? end) {
      const sibling = points[child]
      if (sibling === undefined || troubled[child] === 1) continue
      const key = `${keyOf(sibling)}${sibling.failed}${sibling.exception ?? ''}${sibling.marks.join()}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [child])
      else group.push(child)
    }
    for (const members of groups.values()) {
      const [first] = members
      if (first === undefined || members.length < MIN_FOLDED) continue
      folds.set(first, members)
      for (const member of members) foldOf[member] = first
    }
  }
  return { foldOf, folds }
}

function troubledBelow(points: readonly ReportNode[], parents: Int32Array): Uint8Array {
  const troubled = new Uint8Array(points.length)
  for (let index = points.length - 1; index >= 0; index--) {
    const node = points[index]
    const parent = parents[index] ?? -1
    if (parent < 0 || node === undefined) continue
    if (node.failed || node.marks.length > 0 || troubled[index] === 1) troubled[parent] = 1
  }
  return troubled
}
