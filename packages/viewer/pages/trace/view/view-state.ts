import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { type Filter, filterPoints } from '../model/filter-points.js'
import type { TraceModel } from '../model/trace-model.js'
import { isFoldRow, listVisibleRows, pointOfRow, type RowId, type VisibleRows } from '../model/visible-rows.js'
import { readLink, type View, writeLink } from './deep-link.js'
import { fitRange, type Range } from './time-range.js'

/** The points of a search or a finding, through which the user can step. */
export interface Marked {
  readonly label: string
  readonly points: readonly number[]
  readonly set: ReadonlySet<number>
  /** The index of the current point in `points`. */
  readonly current: number
}

/** The user's choices on a trace's page. */
export interface ViewState extends Filter {
  readonly view: View
  readonly range: Range
  readonly selected: RowId | undefined
  readonly detailsOpen: boolean
  readonly collapsed: ReadonlySet<number>
  readonly openFolds: ReadonlySet<number>
  readonly critical: boolean
  readonly marked: Marked | undefined
}

/** Changes members of the state. If the argument is a function, it receives the latest state. */
export type Patch = (change: Partial<ViewState> | ((state: ViewState) => Partial<ViewState>)) => void

/** The state of the page, with the points that the filter keeps and the visible rows. */
export interface ViewerView {
  readonly state: ViewState
  readonly patch: Patch
  readonly kept: Uint8Array | undefined
  readonly visible: VisibleRows
}

/**
 * Keeps the state of the page. The initial state is read from the URL, and the URL is updated when the state changes.
 */
export function useViewState(model: TraceModel): ViewerView {
  const [state, setState] = useState<ViewState>(() => applyLink(createInitialState(model), model))
  const patch = useCallback<Patch>(change => {
    setState(before => ({ ...before, ...(typeof change === 'function' ? change(before) : change) }))
  }, [])

  useEffect(() => {
    const follow = (): void => setState(before => applyLink(before, model))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [model])

  const { hiddenServices, onlyFailed, minUs, collapsed, openFolds } = state
  const kept = useMemo(
    () => filterPoints(model, { hiddenServices, onlyFailed, minUs }),
    [model, hiddenServices, onlyFailed, minUs],
  )
  const visible = useMemo(
    () => listVisibleRows(model, { collapsed, openFolds, kept }),
    [model, collapsed, openFolds, kept],
  )
  useAddressUpdates(model, state)
  return { state, patch, kept, visible }
}

/**
 * Returns the changes that make a point visible: opens the rows above it, includes its time in the range, and removes
 * filters that hide it.
 */
export function reveal(model: TraceModel, state: ViewState, point: number): Partial<ViewState> {
  const collapsed = new Set(state.collapsed)
  const openFolds = new Set(state.openFolds)
  for (let above = point; above >= 0; above = model.parents[above] ?? -1) {
    if (above !== point) collapsed.delete(above)
    const first = model.foldOf[above] ?? -1
    if (first >= 0) openFolds.add(first)
  }
  const { fromUs, toUs } = state.range
  const outside = (model.endsUs[point] ?? 0) < fromUs || (model.startsUs[point] ?? 0) > toUs
  return {
    selected: point,
    collapsed,
    openFolds,
    range: outside ? wholeRange(model) : state.range,
    ...(isFilteredOut(model, state, point) ? NO_FILTERS : {}),
  }
}

/** Transfers the state to a newer report of the trace. Points in the state are found by their ids. */
export function transferState(state: ViewState, from: TraceModel, to: TraceModel): ViewState {
  const move = (point: number): number => to.indexOf.get(from.points[point]?.traceId ?? '') ?? -1
  const moveAll = (set: ReadonlySet<number>): Set<number> => new Set([...set].map(move).filter(index => index >= 0))
  const wasWhole = state.range.fromUs === 0 && state.range.toUs === from.durationUs
  const selected = state.selected === undefined ? -1 : move(pointOfRow(state.selected))
  const folded = state.selected !== undefined && isFoldRow(state.selected)
  const isFold = selected >= 0 && to.foldOf[selected] === selected
  return {
    ...state,
    range: wasWhole ? wholeRange(to) : fitRange(state.range, to.durationUs),
    selected: selected < 0 ? undefined : folded && isFold ? -1 - selected : selected,
    collapsed: moveAll(state.collapsed),
    openFolds: moveAll(state.openFolds),
    marked: undefined,
  }
}

/** Returns the range of the whole trace. */
export function wholeRange(model: TraceModel): Range {
  return { fromUs: 0, toUs: model.durationUs }
}

/** Returns the points to collapse so that the rows below this level are hidden; 0 is the top. */
export function collapseFrom(model: TraceModel, level: number): Set<number> {
  const collapsed = new Set<number>()
  model.points.forEach((node, index) => {
    if (node.depth >= level && node.children.length > 0) collapsed.add(index)
  })
  return collapsed
}

const NO_FILTERS = { hiddenServices: new Set<string>(), onlyFailed: false, minUs: 0 }

function createInitialState(model: TraceModel): ViewState {
  return {
    view: 'waterfall',
    range: wholeRange(model),
    selected: undefined,
    detailsOpen: false,
    collapsed: new Set(),
    openFolds: new Set(),
    critical: true,
    marked: undefined,
    ...NO_FILTERS,
  }
}

function applyLink(state: ViewState, model: TraceModel): ViewState {
  const { view, point, range } = readLink(location.hash)
  const index = point === undefined ? undefined : model.indexOf.get(point)
  const ranged = { ...state, view, range: range === undefined ? state.range : fitRange(range, model.durationUs) }
  return index === undefined ? ranged : { ...ranged, ...reveal(model, ranged, index), detailsOpen: true }
}

function isFilteredOut(model: TraceModel, { hiddenServices, onlyFailed, minUs }: ViewState, point: number): boolean {
  return filterPoints(model, { hiddenServices, onlyFailed, minUs })?.[point] === 0
}

function useAddressUpdates(model: TraceModel, { view, range, selected }: ViewState): void {
  useEffect(() => {
    const isWhole = range.fromUs === 0 && range.toUs === model.durationUs
    const point = selected === undefined ? undefined : model.points[pointOfRow(selected)]?.traceId
    const hash = writeLink({ view, point, range: isWhole ? undefined : range })
    // Browsers limit how often a URL may change, so the update waits until scrolling or zooming ends.
    const timer = setTimeout(
      () => history.replaceState(null, '', hash === '' ? location.pathname + location.search : hash),
      150,
    )
    return () => clearTimeout(timer)
  }, [model, view, range, selected])
}
