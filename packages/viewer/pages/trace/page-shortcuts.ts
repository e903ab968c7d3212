import { useLayoutEffect } from 'preact/hooks'
import { isTyping } from '../shared/is-typing.js'
import { filterPoints } from './model/filter-points.js'
import type { TraceModel } from './model/trace-model.js'
import { pointsOfRow } from './model/visible-rows.js'
import { panRange, rangeOfPoints, zoomRange } from './view/time-range.js'
import { collapseFrom, type Patch, reveal, type ViewState, wholeRange } from './view/view-state.js'

interface PageActions {
  readonly switchTheme: () => void
  readonly showKeys: () => void
}

type Change = (model: TraceModel, state: ViewState) => Partial<ViewState>

/**
 * Maps keys to the state changes that they make. The keys work everywhere except in a field. `trace-shortcuts.ts`
 * describes them.
 */
const CHANGES_BY_KEY: Readonly<Record<string, Change>> = {
  '1': () => ({ view: 'waterfall' }),
  '2': () => ({ view: 'flame' }),
  '3': () => ({ view: 'statistics' }),
  '+': (model, { range }) => ({ range: zoomRange(range, 0.5, middleOf(range), model.durationUs) }),
  '=': (model, { range }) => ({ range: zoomRange(range, 0.5, middleOf(range), model.durationUs) }),
  '-': (model, { range }) => ({ range: zoomRange(range, 2, middleOf(range), model.durationUs) }),
  '0': model => ({ range: wholeRange(model) }),
  z: (model, state) => zoomToSelection(model, state),
  n: (model, state) => selectMarked(model, state, 1),
  p: (model, state) => selectMarked(model, state, -1),
  e: (_, { onlyFailed }) => ({ onlyFailed: !onlyFailed }),
  c: (_, { critical }) => ({ critical: !critical }),
  '[': (model, state) => changeLevel(model, state, -1),
  ']': (model, state) => changeLevel(model, state, 1),
  ArrowLeft: (model, { range }) => ({ range: panRange(range, -0.2, model.durationUs) }),
  ArrowRight: (model, { range }) => ({ range: panRange(range, 0.2, model.durationUs) }),
  Escape: (_, { detailsOpen }) => (detailsOpen ? { detailsOpen: false } : { marked: undefined }),
}

/** Handles the keys that work in every view, except in a field or while a dialog is open. */
export function usePageShortcuts(model: TraceModel, patch: Patch, { switchTheme, showKeys }: PageActions): void {
  // `useEffect` would run after the next paint, and miss a key that is pressed right away.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('dialog[open]') !== null) return
      if (event.key === '?') showKeys()
      else if (event.key === 't') switchTheme()
      else if (event.key === '/') document.querySelector<HTMLInputElement>('#search')?.focus()
      else {
        const change = CHANGES_BY_KEY[event.key]
        if (change === undefined || (event.key.startsWith('Arrow') && !event.shiftKey)) return
        patch(state => change(model, state))
      }
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

/** Selects the next (1) or previous (-1) marked point. After the last point, the first point is next. */
export function selectMarked(model: TraceModel, state: ViewState, step: number): Partial<ViewState> {
  const { marked } = state
  if (marked === undefined || marked.points.length === 0) return {}
  const current = (marked.current + step + marked.points.length) % marked.points.length
  return { ...reveal(model, state, marked.points[current] ?? 0), marked: { ...marked, current } }
}

/** Opens (1) or closes (-1) one level of the whole tree, and closes all open folds. */
export function changeLevel(model: TraceModel, { collapsed }: ViewState, step: number): Partial<ViewState> {
  const level = Math.min(Math.max(0, countOpenLevels(model, collapsed) + step), model.deepest)
  return { collapsed: collapseFrom(model, level), openFolds: new Set() }
}

/** Returns the number of levels that are completely open, which is the level of the topmost closed point. */
export function countOpenLevels(model: TraceModel, collapsed: ReadonlySet<number>): number {
  let level = model.deepest
  for (const index of collapsed) level = Math.min(level, model.points[index]?.depth ?? level)
  return level
}

function zoomToSelection(model: TraceModel, state: ViewState): Partial<ViewState> {
  if (state.selected === undefined) return {}
  const range = rangeOfPoints(model, pointsOfRow(model, state.selected, filterPoints(model, state)))
  return range === undefined ? {} : { range }
}

function middleOf({ fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }): number {
  return (fromUs + toUs) / 2
}
