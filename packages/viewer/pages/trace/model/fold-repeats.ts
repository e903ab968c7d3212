import type { Report } from '@osprofiler/report'
import { createFold, findTroubledBelow } from '@osprofiler/report/toolkit'

/** Folded siblings, by the index of the first sibling. In `foldOf`, points that are not folded have -1. */
export interface Folds {
  readonly foldOf: Int32Array
  readonly folds: ReadonlyMap<number, readonly number[]>
}

/** Folds the same siblings that the command folds in a terminal. */
export function foldRepeats(report: Report, indexOf: ReadonlyMap<string, number>): Folds {
  const fold = createFold(findTroubledBelow(report))
  const foldOf = new Int32Array(report.points.length).fill(-1)
  const folds = new Map<number, readonly number[]>()
  for (const siblings of [report.roots, ...report.points.map(({ children }) => children)]) {
    for (const nodes of fold(siblings)) {
      const members = nodes.map(({ traceId }) => indexOf.get(traceId) ?? -1)
      const [first] = members
      if (first === undefined || members.length === 1) continue
      folds.set(first, members)
      for (const member of members) foldOf[member] = first
    }
  }
  return { foldOf, folds }
}
