import type { StatisticsRow } from '@osprofiler/report'

export type StatisticsColumn = 'label' | 'count' | 'errors' | 'totalUs' | 'selfUs' | 'medianUs' | 'p95Us' | 'maxUs'

/** Rows without a figure stand last, whichever way they are sorted. */
export function sortStatistics(
  rows: readonly StatisticsRow[],
  column: StatisticsColumn,
  descending: boolean,
): StatisticsRow[] {
  const sign = descending ? -1 : 1
  const lowest = descending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return rows.toSorted((a, b) => {
    if (column === 'label') return sign * compareText(a.label, b.label)
    const first = a[column] ?? lowest
    const second = b[column] ?? lowest
    return first === second ? compareText(a.label, b.label) : sign * (first < second ? -1 : 1)
  })
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
