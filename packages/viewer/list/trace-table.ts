import { element } from './element.js'
import type { ListedTrace, Sorting, SortKey } from './listed-trace.js'
import { createTraceRow, type TraceRow } from './trace-row.js'

/** The table of traces. */
export interface TraceTable {
  readonly table: HTMLTableElement
  /** Shows these traces, and no others, in this order. Rows that stay keep focus, and what is selected in them. */
  show(traces: readonly ListedTrace[], sorting: Sorting, chosen: readonly string[]): void
  /** Moves the focus from the row that has it to one after (1) or before (-1) it. */
  step(by: number): void
  /** The trace whose row has the focus. */
  focused(): string | undefined
}

const COLUMNS: readonly { readonly key: SortKey; readonly title: string; readonly class?: string }[] = [
  { key: 'timestamp', title: 'Time' },
  { key: 'name', title: 'Name' },
  { key: 'service', title: 'Service' },
  { key: 'durationUs', title: 'Duration', class: 'duration' },
  { key: 'records', title: 'Records', class: 'records' },
  { key: 'id', title: 'Trace' },
]

/** Makes the table; `sort` and `choose` are told what the user wants. */
export function createTraceTable(
  sort: (key: SortKey) => void,
  choose: (ref: string, chosen: boolean) => void,
): TraceTable {
  const headings = COLUMNS.map(({ key, title, class: className }) => {
    const button = element('button', { text: title, attributes: { type: 'button' }, on: { click: () => sort(key) } })
    const parts = { attributes: { scope: 'col' }, ...(className === undefined ? {} : { class: className }) }
    return { key, cell: element('th', parts, button) }
  })
  const body = element('tbody')
  const table = element(
    'table',
    { class: 'traces' },
    element('caption', { class: 'unseen', text: 'Traces. The buttons in its head sort it.' }),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        heading('Compare', 'choice'),
        ...headings.map(({ cell }) => cell),
        heading('Download', 'saving'),
      ),
    ),
    body,
  )
  const rows = new Map<string, TraceRow>()
  let isFirst = true

  function keep(trace: ListedTrace): TraceRow {
    const known = rows.get(trace.ref)
    if (known !== undefined) {
      known.update(trace)
      return known
    }
    const made = createTraceRow(trace, chosen => choose(trace.ref, chosen))
    // What has just arrived lights up; what was there from the start does not.
    if (!isFirst) made.row.classList.add('arrived')
    rows.set(trace.ref, made)
    return made
  }

  function focusedIndex(shown: readonly TraceRow[]): number {
    return shown.findIndex(({ row }) => row.contains(document.activeElement))
  }

  function inOrder(): TraceRow[] {
    return [...body.rows].flatMap(row => [...rows.values()].find(candidate => candidate.row === row) ?? [])
  }

  return {
    table,
    show(traces, { key, descending }, chosen) {
      for (const { key: own, cell } of headings) {
        if (own === key) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
        else cell.removeAttribute('aria-sort')
      }
      const wanted = new Set(traces.map(({ ref }) => ref))
      for (const [ref, { row }] of rows) {
        if (wanted.has(ref)) continue
        row.remove()
        rows.delete(ref)
      }
      traces.forEach((trace, index) => {
        const { row, checkbox } = keep(trace)
        const isChosen = chosen.includes(trace.ref)
        checkbox.checked = isChosen
        row.classList.toggle('chosen', isChosen)
        const place = body.rows[index]
        if (place !== row) body.insertBefore(row, place ?? null)
      })
      isFirst = false
    },
    step(by) {
      const shown = inOrder()
      const from = focusedIndex(shown)
      const next = from === -1 ? (by > 0 ? 0 : shown.length - 1) : from + by
      shown[next]?.link.focus()
    },
    focused() {
      for (const [ref, { row }] of rows) if (row.contains(document.activeElement)) return ref
      return undefined
    },
  }
}

function heading(title: string, className: string): HTMLTableCellElement {
  return element('th', { class: className, attributes: { scope: 'col' } }, element('span', { text: title }))
}
