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
import { type SortColumn, type Sorting, toggleSorting } from '../../shared/sorting.js'
import type { TraceModel } from '../model/trace-model.js'
import { CauseTable } from '../why/cause-table.js'
import { type StatisticsColumn, sortStatistics } from './sort-statistics.js'

interface StatisticsTableProps {
  readonly model: TraceModel
  readonly mark: (label: string, points: readonly number[]) => void
}

const GROUPINGS: readonly (readonly [keyof Statistics, string])[] = [
  ['byName', 'By name'],
  ['byService', 'By service'],
  ['byShape', 'By statement'],
  ['byCallSite', 'By call site'],
]

const COLUMNS: readonly SortColumn<StatisticsColumn>[] = [
  ['label', 'Group'],
  ['count', 'Points'],
  ['errors', 'Failed'],
  ['totalUs', 'Total'],
  ['selfUs', 'Self'],
  ['medianUs', 'p50', 'Half of the points took at most this long'],
  ['p95Us', 'p95', '95 % of the points took at most this long'],
  ['maxUs', 'Longest'],
]

const MAX_SHOWN_ROWS = 500
/** How much of the next column stays visible, to show that there are more columns. */
const NEXT_PX = 16

/** Shows counts and durations of points by name, service, statement or call site. */
export function StatisticsTable({ model, mark }: StatisticsTableProps) {
  const [chosen, setGrouping] = useState<keyof Statistics | 'byCause'>('byName')
  const hasCauses = model.causes().accounts.some(({ causes }) => causes.length > 0)
  const isByCause = chosen === 'byCause' && hasCauses
  const grouping = chosen === 'byCause' ? 'byName' : chosen
  const [sorting, setSorting] = useState<Sorting<StatisticsColumn>>({ key: 'selfUs', descending: true })
  const all = useMemo(() => statistics(model.report), [model])
  const rows = all[grouping]
  const sorted = useMemo(() => sortStatistics(rows, sorting), [rows, sorting])
  const mostUs = Math.max(...rows.slice(0, 10_000).map(row => row.selfUs), 1)

  const showSlowest = (label: string, traceId: string): void => {
    const index = model.indexOf.get(traceId)
    if (index !== undefined) mark(label, [index])
  }
  const sortBy = (key: StatisticsColumn): void => setSorting(toggleSorting(sorting, key, key !== 'label'))
  const hasSites = all.byCallSite.some(({ label }) => label !== '')
  const table = useScrollToSortedColumn(sorting.key)
  return (
    <section class="statistics" aria-label="Statistics">
      <div class="tabs" role="group" aria-label="Group by">
        {GROUPINGS.filter(([id]) => id !== 'byCallSite' || hasSites).map(([id, name]) => (
          <button key={id} type="button" aria-pressed={!isByCause && grouping === id} onClick={() => setGrouping(id)}>
            {name}
          </button>
        ))}
        {hasCauses && (
          <button type="button" aria-pressed={isByCause} onClick={() => setGrouping('byCause')}>
            By cause
          </button>
        )}
      </div>
      {isByCause && <CauseTable model={model} />}
      <div ref={table} class="table" tabIndex={0} role="region" aria-label="Table" hidden={isByCause}>
        <table>
          <thead>
            <tr>
              {COLUMNS.map(column => (
                <SortHead key={column[0]} {...{ column, sorting, sortBy }} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MAX_SHOWN_ROWS).map(row => (
              <tr key={`${row.service} ${row.name} ${row.label}`}>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    title="Show the longest point in the waterfall"
                    onClick={() => showSlowest(row.label, row.slowestTraceId)}
                  >
                    <bdi>{showText(showLabel(row, grouping)) || 'unnamed'}</bdi>
                  </button>
                  {(grouping === 'byShape' || grouping === 'byCallSite') && row.service !== undefined && (
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

        {rows.length > MAX_SHOWN_ROWS && (
          <p class="quiet none">
            Only the first {MAX_SHOWN_ROWS} of {formatCount(rows.length)} rows are shown.
          </p>
        )}
      </div>
    </section>
  )
}

/** Scrolls to the column by which the table is sorted, because a narrow window has no room for all columns. */
function useScrollToSortedColumn(column: StatisticsColumn): { readonly current: HTMLDivElement | null } {
  const table = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const heading = table.current?.querySelector('th[aria-sort]')
    if (table.current === null || !heading || heading.previousElementSibling === null) return
    const over = heading.getBoundingClientRect().right + NEXT_PX - table.current.getBoundingClientRect().right
    if (over > NEXT_PX) table.current.scrollLeft += over
  }, [column])
  return table
}

/**
 * Returns a label for people. If the points of a row have no statement, route or function, their label is the recorded
 * name. For such a row, returns the name for people instead.
 */
function showLabel({ label, name }: StatisticsRow, grouping: keyof Statistics): string {
  if (grouping === 'byCallSite') return label || 'no call site'
  return grouping !== 'byService' && label === name ? shownName(label) : label
}
