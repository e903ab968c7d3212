import { nearestRank } from '@osprofiler/report/toolkit'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { SortHead } from '../../shared/sort-head.js'
import type { Sorting } from '../../shared/sorting.js'
import type { SortKey } from '../view/arrange-traces.js'
import { TraceRow } from './trace-row.js'

interface TraceTableProps {
  readonly traces: readonly ListedTrace[]
  readonly sorting: Sorting<SortKey>
  readonly chosen: readonly string[]
  readonly colours: ReadonlyMap<string, number>
  readonly sortBy: (key: SortKey) => void
  readonly choose: (ref: string, isChosen: boolean) => void
}

const COLUMNS: readonly (readonly [key: SortKey, title: string, className: string])[] = [
  ['timestamp', 'Time', 'time'],
  ['request', 'Request', 'what'],
  ['service', 'Service', 'where'],
  ['status', 'Status', 'status'],
  ['durationUs', 'Duration', 'duration'],
  ['points', 'Points', 'points'],
  ['id', 'Trace', 'which'],
]

/** The initial number of rows, and the number of rows that each step adds. */
const ROWS_PER_STEP = 200

/** Shows traces in rows. Adds 200 rows whenever the user scrolls near the last row. */
export function TraceTable({ traces, sorting, chosen, colours, sortBy, choose }: TraceTableProps) {
  // Sorting resets the number of rows, because reordering thousands of rows takes seconds.
  const [grown, setGrown] = useState({ sorting, rows: ROWS_PER_STEP })
  const rows = grown.sorting === sorting ? grown.rows : ROWS_PER_STEP
  const end = useRef<HTMLDivElement>(null)
  const arrived = useArrivals(traces)
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && setGrown({ sorting, rows: rows + ROWS_PER_STEP }),
      { rootMargin: '1200px' },
    )
    if (end.current !== null) observer.observe(end.current)
    return () => observer.disconnect()
  }, [rows, sorting, traces.length > rows])

  const longUs = useMemo(() => computeLongDurationUs(traces), [traces])
  return (
    <>
      <table class="traces">
        <caption class="sr">Traces. The buttons in the header sort the table.</caption>
        <thead>
          <tr>
            <th scope="col" class="choice">
              Compare
            </th>
            {COLUMNS.map(([key, title, name]) => (
              <SortHead key={key} class={name} column={[key, title]} {...{ sorting, sortBy }} />
            ))}
            <th scope="col" class="saving">
              Download
            </th>
          </tr>
        </thead>
        <tbody>
          {traces.slice(0, rows).map(trace => (
            <TraceRow
              key={trace.ref}
              trace={trace}
              colour={colours.get(trace.service) ?? 0}
              share={Math.min((trace.durationUs ?? 0) / longUs, 1)}
              isChosen={chosen.includes(trace.ref)}
              hasArrived={arrived.has(trace.ref)}
              choose={choose}
            />
          ))}
        </tbody>
      </table>
      {traces.length > rows && <div ref={end} class="table-end" />}
    </>
  )
}

/**
 * Returns a duration that few traces exceed. If a single very long trace set the scale, no other bar would be visible.
 */
function computeLongDurationUs(traces: readonly ListedTrace[]): number {
  const durations = traces.flatMap(({ durationUs }) => durationUs ?? []).sort((a, b) => a - b)
  return Math.max(nearestRank(durations, 0.98) ?? 1, 1)
}

/** Returns the references of the traces that arrived after the page was opened. Their rows are highlighted. */
function useArrivals(traces: readonly ListedTrace[]): ReadonlySet<string> {
  const known = useRef<Set<string>>(undefined)
  const arrived = useRef(new Set<string>())
  if (known.current === undefined) known.current = new Set(traces.map(({ ref }) => ref))
  // If many traces appear at once, they come from a changed filter or a longer list, and are not new.
  const fresh = traces.filter(({ ref }) => !known.current?.has(ref))
  for (const { ref } of fresh) {
    known.current.add(ref)
    if (fresh.length <= 20) arrived.current.add(ref)
  }
  return arrived.current
}
