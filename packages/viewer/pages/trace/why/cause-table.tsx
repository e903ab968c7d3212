import { formatCount, formatDuration, formatShare } from '@osprofiler/report'
import type { Account, Cause } from '@osprofiler/report/toolkit'
import { formatCallSite, toPhrase } from '@osprofiler/report/toolkit'
import { useMemo, useState } from 'preact/hooks'
import { showText } from '../../shared/show-text.js'
import { SortHead } from '../../shared/sort-head.js'
import { type SortColumn, type Sorting, toggleSorting } from '../../shared/sorting.js'
import type { TraceModel } from '../model/trace-model.js'
import { CAUSE_NAMES } from './cause-names.js'

interface CauseRow {
  readonly cause: Cause
  readonly service: string
  readonly name: string
  readonly line: string
  readonly us: number
  readonly share: number
  readonly times: number
}

type CauseColumn = 'kind' | 'name' | 'line' | 'us' | 'share' | 'times'

const COLUMNS: readonly SortColumn<CauseColumn>[] = [
  ['name', 'Function'],
  ['line', 'Line'],
  ['kind', 'Cause'],
  ['us', 'Time'],
  ['share', 'Share', 'Share of the time of the request in its service'],
  ['times', 'Times'],
]

/** Shows the causes that services report in their accounts, by function and line. */
export function CauseTable({ model }: { readonly model: TraceModel }) {
  const [sorting, setSorting] = useState<Sorting<CauseColumn>>({ key: 'us', descending: true })
  const rows = useMemo(() => model.causes().accounts.flatMap(listRows), [model])
  const sorted = useMemo(() => sortRows(rows, sorting), [rows, sorting])
  const mostUs = Math.max(...rows.map(({ us }) => us), 1)
  const sortBy = (key: CauseColumn): void =>
    setSorting(toggleSorting(sorting, key, key !== 'name' && key !== 'line' && key !== 'kind'))
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Causes by function and line">
      <table class="by-cause">
        <thead>
          <tr>
            {COLUMNS.map(column => (
              <SortHead key={column[0]} {...{ column, sorting, sortBy }} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row, index) => (
            <tr key={index} title={showText(toPhrase(row.cause))}>
              <th scope="row">
                <bdi>{showText(row.name) || 'no function'}</bdi>
                <bdi class="quiet"> {row.service}</bdi>
              </th>
              <td>
                <code>
                  <bdi>{showText(row.line)}</bdi>
                </code>
              </td>
              <td>
                <span class={`cause-swatch cause-${row.cause.kind}`} aria-hidden="true" />
                {CAUSE_NAMES[row.cause.kind]}
                {row.cause.what !== undefined && <bdi class="quiet"> {showText(row.cause.what)}</bdi>}
              </td>
              <td class="with-share">
                <span class="share" aria-hidden="true" style={{ width: `${(row.us / mostUs) * 90}%` }} />
                {formatDuration(row.us)}
              </td>
              <td>{formatShare(row.share)}</td>
              <td>{formatCount(row.cause.times)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function listRows({ causes, wallUs, service }: Account): CauseRow[] {
  return causes.map(cause => {
    const place = cause.hotLine ?? cause.place ?? cause.byPlace
    return {
      cause,
      service: showText(service, 60),
      name: place?.function ?? cause.by ?? '',
      line: place === undefined ? '' : formatCallSite(place),
      us: cause.us,
      share: Math.min(1, cause.us / Math.max(wallUs, 1)),
      times: cause.times,
    }
  })
}

function sortRows(rows: readonly CauseRow[], { key, descending }: Sorting<CauseColumn>): CauseRow[] {
  const cellOf = (row: CauseRow): string | number => (key === 'kind' ? row.cause.kind : row[key])
  const sign = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [first, second] = [cellOf(a), cellOf(b)]
    return sign * (first < second ? -1 : first > second ? 1 : 0) || b.us - a.us
  })
}
