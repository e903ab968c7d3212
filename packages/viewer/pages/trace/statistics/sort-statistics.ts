import type { StatisticsRow } from '@osprofiler/report'
import { compare, type Sorting } from '../../shared/sorting.js'

/** A column by which the statistics can be sorted. */
export type StatisticsColumn = 'label' | 'count' | 'errors' | 'totalUs' | 'selfUs' | 'medianUs' | 'p95Us' | 'maxUs'

/** Sorts rows by a column. A row without a value in the column comes last in both directions. */
export function sortStatistics(
  rows: readonly StatisticsRow[],
  { key, descending }: Sorting<StatisticsColumn>,
): StatisticsRow[] {
  const sign = descending ? -1 : 1
  const lowest = descending ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return rows.toSorted((a, b) => {
    if (key === 'label') return sign * compare(a.label, b.label)
    return sign * compare(a[key] ?? lowest, b[key] ?? lowest) || compare(a.label, b.label)
  })
}
