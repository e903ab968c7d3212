import {
  formatCount,
  formatDuration,
  formatShare,
  type Statistics,
  type StatisticsRow,
  shownName,
  statistics,
} from '@osprofiler/report'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { showDuration, showText } from '../../shared/show-text.js'
import { SortHead } from '../../shared/sort-head.js'
import { pressColumn, type SortColumn, type Sorting } from '../../shared/sorting.js'
import type { TraceModel } from '../model/trace-model.js'
import { type StatisticsColumn, sortStatistics } from './sort-statistics.js'

interface StatisticsTableProps {
  readonly model: TraceModel
  readonly mark: (label: string, points: readonly number[]) => void
}

const GROUPINGS: readonly (readonly [keyof Statistics, string])[] = [
  ['byName', 'By name'],
  ['byService', 'By service'],
  ['byShape', 'By statement'],
]

const COLUMNS: readonly SortColumn<StatisticsColumn>[] = [
  ['label', 'What'],
  ['count', 'Points'],
  ['errors', 'Failed'],
  ['totalUs', 'Total'],
  ['selfUs', 'Itself'],
  ['medianUs', 'p50', 'Half of the points take no longer'],
  ['p95Us', 'p95', '95 of 100 points take no longer'],
  ['maxUs', 'Longest'],
]

const MAX_SHOWN = 500
/** How much of the next column is visible, as a sign that there is one. */
const NEXT_PX = 16

/** Shows counts and durations of points by name, service or statement. */
export function StatisticsTable({ model, mark }: StatisticsTableProps) {
  const [grouping, setGrouping] = useState<keyof Statistics>('byName')
  const [sorting, setSorting] = useState<Sorting<StatisticsColumn>>({ key: 'selfUs', descending: true })
  const all = useMemo(() => statistics(model.report), [model])
  const rows = all[grouping]
  const sorted = useMemo(() => sortStatistics(rows, sorting), [rows, sorting])
  const mostUs = Math.max(...rows.slice(0, 10_000).map(row => row.selfUs), 1)

  const show = (label: string, traceId: string): void => {
    const index = model.indexOf.get(traceId)
    if (index !== undefined) mark(label, [index])
  }
  const sortBy = (key: StatisticsColumn): void => setSorting(pressColumn(sorting, key, key !== 'label'))
  const table = useSortedInSight(sorting.key)
  return (
    <section class="statistics" aria-label="Statistics">
      <div class="tabs" role="group" aria-label="Group">
        {GROUPINGS.map(([id, name]) => (
          <button key={id} type="button" aria-pressed={grouping === id} onClick={() => setGrouping(id)}>
            {name}
          </button>
        ))}
      </div>
      <div ref={table} class="table" tabIndex={0} role="region" aria-label="Table">
        <table>
          <thead>
            <tr>
              {COLUMNS.map(column => (
                <SortHead key={column[0]} {...{ column, sorting, sortBy }} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MAX_SHOWN).map(row => (
              <tr key={`${row.service} ${row.name} ${row.label}`}>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    title="Show the longest in the waterfall"
                    onClick={() => show(row.label, row.slowestTraceId)}
                  >
                    <bdi>{showText(labelOf(row, grouping)) || 'unnamed'}</bdi>
                  </button>
                  {grouping === 'byShape' && row.service !== undefined && (
                    <bdi class="quiet"> {showText(row.service, 60)}</bdi>
                  )}
                </th>
                <td>{formatCount(row.count)}</td>
                <td class={row.errors > 0 ? 'bad' : 'quiet'}>{formatCount(row.errors)}</td>
                <td>{formatDuration(row.totalUs)}</td>
                <td class="with-share" title={formatShare(row.selfUs / model.durationUs)}>
                  <span class="share" aria-hidden="true" style={{ width: `${(row.selfUs / mostUs) * 90}%` }} />
                  {formatDuration(row.selfUs)}
                </td>
                <td>{showDuration(row.medianUs)}</td>
                <td>{showDuration(row.p95Us)}</td>
                <td>{showDuration(row.maxUs)}</td>
              </tr>
            ))}
          </tbody>
        </table>

        {rows.length > MAX_SHOWN && (
          <p class="quiet none">
            The first {MAX_SHOWN} of {formatCount(rows.length)} rows.
          </p>
        )}
      </div>
    </section>
  )
}

/** Scrolls to the column that sorts the table, because a narrow window has no room for all columns. */
function useSortedInSight(column: StatisticsColumn): { readonly current: HTMLDivElement | null } {
  const table = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const heading = table.current?.querySelector('th[aria-sort]')
    if (table.current === null || !heading || heading.previousElementSibling === null) return
    const over = heading.getBoundingClientRect().right + NEXT_PX - table.current.getBoundingClientRect().right
    if (over > NEXT_PX) table.current.scrollLeft += over
  }, [column])
  return table
}

/** Returns a name as people read it. A shape may be a name, too. */
function labelOf({ label, name }: StatisticsRow, grouping: keyof Statistics): string {
  return grouping !== 'byService' && label === name ? shownName(label) : label
}
