import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import type { Sorting, SortKey } from '../view/arrange-traces.js'
import { TraceRow } from './trace-row.js'

interface TraceTableProps {
  readonly traces: readonly ListedTrace[]
  readonly sorting: Sorting
  readonly chosen: readonly string[]
  readonly colours: ReadonlyMap<string, number>
  readonly sortBy: (key: SortKey) => void
  readonly choose: (ref: string, isChosen: boolean) => void
}

const COLUMNS: readonly (readonly [SortKey, string, string?])[] = [
  ['timestamp', 'Time', 'time'],
  ['request', 'Request', 'what'],
  ['service', 'Service', 'where'],
  ['status', 'Status', 'status'],
  ['durationUs', 'Duration', 'duration'],
  ['points', 'Points', 'points'],
  ['id', 'Trace', 'which'],
]

/** So many rows are drawn at first, and so many more whenever the reader comes near the last of them. */
const ROWS_AT_ONCE = 200

/** The table of traces. */
export function TraceTable({ traces, sorting, chosen, colours, sortBy, choose }: TraceTableProps) {
  // Rows that were scrolled to are drawn no more once they stand elsewhere: moving thousands takes seconds.
  const [grown, setGrown] = useState({ sorting, rows: ROWS_AT_ONCE })
  const rows = grown.sorting === sorting ? grown.rows : ROWS_AT_ONCE
  const end = useRef<HTMLDivElement>(null)
  const arrived = useArrivals(traces)
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && setGrown({ sorting, rows: rows + ROWS_AT_ONCE }),
      { rootMargin: '1200px' },
    )
    if (end.current !== null) observer.observe(end.current)
    return () => observer.disconnect()
  }, [rows, sorting, traces.length > rows])

  const longUs = useMemo(() => longDuration(traces), [traces])
  return (
    <>
      <table class="traces">
        <caption class="sr">Traces. The buttons in its head sort it.</caption>
        <thead>
          <tr>
            <th scope="col" class="choice">
              Compare
            </th>
            {COLUMNS.map(([key, title, name]) => (
              <th key={key} scope="col" class={name} aria-sort={ariaSort(sorting, key)}>
                <button type="button" onClick={() => sortBy(key)}>
                  {title}
                </button>
              </th>
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

function ariaSort({ key, descending }: Sorting, column: SortKey): 'ascending' | 'descending' | undefined {
  return key !== column ? undefined : descending ? 'descending' : 'ascending'
}

/** What few traces exceed: one that took minutes would leave no bar to all the others. */
function longDuration(traces: readonly ListedTrace[]): number {
  const durations = traces.flatMap(({ durationUs }) => durationUs ?? []).sort((a, b) => a - b)
  return Math.max(durations[Math.ceil(durations.length * 0.98) - 1] ?? 1, 1)
}

/** The traces that came after the page was opened: these light up. */
function useArrivals(traces: readonly ListedTrace[]): ReadonlySet<string> {
  const known = useRef<Set<string>>(undefined)
  const arrived = useRef(new Set<string>())
  if (known.current === undefined) known.current = new Set(traces.map(({ ref }) => ref))
  // A filter, or a longer list, brings many at once: these have not arrived just now.
  const fresh = traces.filter(({ ref }) => !known.current?.has(ref))
  for (const { ref } of fresh) {
    known.current.add(ref)
    if (fresh.length <= 20) arrived.current.add(ref)
  }
  return arrived.current
}
