import { formatDuration } from '@osprofiler/report'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TraceModel } from '../model/trace-model.js'
import type { RowId, VisibleRows } from '../model/visible-rows.js'
import { computeLabelTicks, computeTicks } from '../view/time-range.js'
import { useWheel, zoomOrPanRange } from '../view/use-wheel.js'
import type { Patch, ViewState } from '../view/view-state.js'
import { type RowView, readRowView, scrollIntoView, watchScroll } from './row-scroller.js'
import { rowShortcuts } from './row-shortcuts.js'
import { usePrinting } from './use-printing.js'
import { WaterfallRow } from './waterfall-row.js'

interface WaterfallProps {
  readonly model: TraceModel
  readonly state: ViewState
  readonly patch: Patch
  readonly kept: Uint8Array | undefined
  readonly visible: VisibleRows
}

const OVERSCAN_ROWS = 8
const MAX_PRINTED_ROWS = 2000
/** The width that the label of a tick may need. */
const LABEL_PX = 64

/** Shows the rows of the tree with their bars on the time axis. Only visible rows are added to the document. */
export function Waterfall({ model, state, patch, kept, visible }: WaterfallProps) {
  const grid = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const [scroll, setScroll] = useState<Scroll>({ top: 0, height: 800, axisPx: 600 })
  const printing = usePrinting()
  const { rows, levels } = visible
  const tickCount = Math.max(2, Math.min(6, Math.floor(scroll.axisPx / LABEL_PX)))
  const { range, selected, detailsOpen } = state
  const width = range.toUs - range.fromUs

  useScrollTracking(grid, setScroll)
  useScrollToSelectedRow(grid, { rows, selected, rowHeight, detailsOpen })
  useTimelineZoom(grid, model, patch)

  const first = printing ? 0 : Math.max(0, Math.floor(scroll.top / rowHeight) - OVERSCAN_ROWS)
  const last = printing
    ? Math.min(rows.length, MAX_PRINTED_ROWS)
    : Math.min(rows.length, Math.ceil((scroll.top + scroll.height) / rowHeight) + OVERSCAN_ROWS)
  const shown = Array.from(rows.subarray(first, last))
  const place = selected === undefined ? -1 : rows.indexOf(selected)
  const toggle = (row: RowId): void => patch(before => rowShortcuts.toggle(model, before, row))
  return (
    <div
      ref={grid}
      class="grid"
      role="treegrid"
      aria-label="Points of the trace"
      aria-rowcount={rows.length + 1}
      aria-colcount={4}
      aria-activedescendant={place >= first && place < last ? `row-${place}` : undefined}
      tabIndex={0}
      onFocus={() =>
        patch(before => (before.selected === undefined && rows[0] !== undefined ? { selected: rows[0] } : {}))
      }
      onKeyDown={event =>
        rowShortcuts.handleKey(event, { model, visible, patch, rowsPerPage: Math.floor(scroll.height / rowHeight) - 2 })
      }
    >
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader" class="cell-point">
          Point
        </span>
        <span role="columnheader" class="cell-service">
          Service
        </span>
        <span role="columnheader" class="cell-duration">
          Duration
        </span>
        <span role="columnheader" class="cell-time">
          <span class="sr">Time</span>
          {computeLabelTicks(range, tickCount, LABEL_PX / scroll.axisPx).map(us => (
            <span key={us} class="tick" style={{ left: `${((us - range.fromUs) / width) * 100}%` }}>
              {formatDuration(us)}
            </span>
          ))}
        </span>
      </div>
      <div class="rows" role="rowgroup" style={{ height: `${(printing ? last : rows.length) * rowHeight}px` }}>
        <div class="lines" role="presentation">
          {computeTicks(range, tickCount).map(us => (
            <span key={us} style={{ left: `${((us - range.fromUs) / width) * 100}%` }} />
          ))}
        </div>
        {shown.map((row, offset) => (
          <WaterfallRow
            key={row}
            {...{ model, state, row, kept, toggle, patch }}
            place={first + offset}
            level={levels[first + offset] ?? 0}
            topPx={(first + offset) * rowHeight}
          />
        ))}
      </div>
      {rows.length === 0 && (
        <p class="quiet none" role="presentation">
          No point matches these filters.
        </p>
      )}
      {printing && rows.length > MAX_PRINTED_ROWS && (
        <p>Only the first {MAX_PRINTED_ROWS} rows are printed. Close subtrees or use filters to print other rows.</p>
      )}
    </div>
  )
}

type ElementRef = { readonly current: HTMLDivElement | null }

interface Scroll extends RowView {
  readonly axisPx: number
}

function useScrollTracking(grid: ElementRef, setScroll: (scroll: Scroll) => void): void {
  useLayoutEffect(() => {
    const element = grid.current
    if (element === null) return undefined
    const axis = element.querySelector('.head .cell-time')
    const follow = (): void => setScroll({ ...readRowView(element), axisPx: axis?.clientWidth || 600 })
    follow()
    return watchScroll(element, follow)
  }, [])
}

interface RowSelection {
  readonly rows: Int32Array
  readonly selected: RowId | undefined
  readonly rowHeight: number
  readonly detailsOpen: boolean
}

/** Scrolls to the selected row, and again when the details open, because the details may cover the row. */
function useScrollToSelectedRow(grid: ElementRef, { rows, selected, rowHeight, detailsOpen }: RowSelection): void {
  useEffect(() => {
    const element = grid.current
    const place = selected === undefined ? -1 : rows.indexOf(selected)
    if (element !== null && place >= 0) scrollIntoView(element, place * rowHeight, rowHeight)
  }, [selected, rows, rowHeight, detailsOpen])
}

function useTimelineZoom(grid: ElementRef, { durationUs }: TraceModel, patch: Patch): void {
  const zoomOrPan = (event: WheelEvent): void => {
    const cell = (event.target as HTMLElement).closest('.cell-time')
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
    if (cell === null || !(event.ctrlKey || sideways)) return
    event.preventDefault()
    const { left, width } = cell.getBoundingClientRect()
    const share = (event.clientX - left) / width
    patch(({ range }) => ({
      range: zoomOrPanRange(event, range, range.fromUs + share * (range.toUs - range.fromUs), durationUs),
    }))
  }
  useWheel(grid, zoomOrPan, [durationUs, patch])
}

function useRowHeight(): number {
  const narrow = matchMedia('(max-width: 640px)')
  const [isNarrow, setIsNarrow] = useState(narrow.matches)
  useEffect(() => {
    const follow = (): void => setIsNarrow(narrow.matches)
    narrow.addEventListener('change', follow)
    return () => narrow.removeEventListener('change', follow)
  }, [])
  return isNarrow ? 46 : 28
}
