import { formatDuration } from '@osprofiler/report'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { wheelRange } from './minimap.js'
import { rowKeys } from './row-keys.js'
import { labelTicks, ticks } from './time-range.js'
import type { TraceModel } from './trace-model.js'
import { usePrinting } from './use-printing.js'
import type { Patch, ViewState } from './view-state.js'
import type { RowId, VisibleRows } from './visible-rows.js'
import { WaterfallRow } from './waterfall-row.js'

interface WaterfallProps {
  readonly model: TraceModel
  readonly state: ViewState
  readonly patch: Patch
  readonly kept: Uint8Array | undefined
  readonly visible: VisibleRows
}

const OVERSCAN = 8
const MOST_PRINTED = 2000

/** The rows of the tree, each with its bar on the time axis. Only rows in sight are in the document. */
export function Waterfall({ model, state, patch, kept, visible }: WaterfallProps) {
  const grid = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const [scroll, setScroll] = useState({ top: 0, height: 800 })
  const printing = usePrinting()
  const { rows, levels } = visible
  const { range, selected } = state
  const width = range.toUs - range.fromUs

  useScrollTracking(grid, setScroll)
  useSelectedInSight(grid, rows, selected, rowHeight)
  useTimelineWheel(grid, model, patch)

  const first = printing ? 0 : Math.max(0, Math.floor(scroll.top / rowHeight) - OVERSCAN)
  const last = printing
    ? Math.min(rows.length, MOST_PRINTED)
    : Math.min(rows.length, Math.ceil((scroll.top + scroll.height) / rowHeight) + OVERSCAN)
  const shown = Array.from(rows.subarray(first, last))
  const place = selected === undefined ? -1 : rows.indexOf(selected)
  const toggle = (row: RowId): void => patch(before => rowKeys.toggle(model, before, row))
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
        rowKeys.press(event, { model, visible, patch, page: Math.floor(scroll.height / rowHeight) - 2 })
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
          {labelTicks(range, 6).map(us => (
            <span key={us} class="tick" style={{ left: `${((us - range.fromUs) / width) * 100}%` }}>
              {formatDuration(us)}
            </span>
          ))}
        </span>
      </div>
      <div class="rows" role="rowgroup" style={{ height: `${(printing ? last : rows.length) * rowHeight}px` }}>
        <div class="lines" role="presentation">
          {ticks(range, 6).map(us => (
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
          No point passes these filters.
        </p>
      )}
      {printing && rows.length > MOST_PRINTED && (
        <p>The first {MOST_PRINTED} rows. Close subtrees or filter to print others.</p>
      )}
    </div>
  )
}

type Box = { readonly current: HTMLDivElement | null }

function useScrollTracking(grid: Box, setScroll: (scroll: { top: number; height: number }) => void): void {
  useLayoutEffect(() => {
    const element = grid.current
    if (element === null) return undefined
    const follow = (): void => setScroll({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(follow)
    observer.observe(element)
    element.addEventListener('scroll', follow, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', follow)
    }
  }, [])
}

function useSelectedInSight(grid: Box, rows: Int32Array, selected: RowId | undefined, rowHeight: number): void {
  useEffect(() => {
    const element = grid.current
    const place = selected === undefined ? -1 : rows.indexOf(selected)
    if (element === null || place < 0) return
    const top = place * rowHeight
    const room = element.clientHeight - 2 * rowHeight
    if (top < element.scrollTop || top > element.scrollTop + room) {
      const isNear = Math.abs(top - element.scrollTop) < room + 3 * rowHeight
      element.scrollTop = isNear ? (top < element.scrollTop ? top : top - room) : top - room / 2
    }
  }, [selected, rows, rowHeight])
}

function useTimelineWheel(grid: Box, model: TraceModel, patch: Patch): void {
  useEffect(() => {
    const element = grid.current
    if (element === null) return undefined
    const onWheel = (event: WheelEvent): void => {
      const cell = (event.target as HTMLElement).closest('.cell-time')
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
      if (cell === null || !(event.ctrlKey || sideways)) return
      event.preventDefault()
      const { left, width } = cell.getBoundingClientRect()
      const share = (event.clientX - left) / width
      patch(({ range }) => ({
        range: wheelRange(event, range, range.fromUs + share * (range.toUs - range.fromUs), model.durationUs),
      }))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [model, patch])
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
