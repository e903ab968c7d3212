import type { TraceModel } from '../model/trace-model.js'
import { isFoldRow, pointOfRow, type RowId, toFoldRow, type VisibleRows } from '../model/visible-rows.js'
import type { Patch, ViewState } from '../view/view-state.js'

interface Context {
  readonly model: TraceModel
  readonly visible: VisibleRows
  readonly patch: Patch
  /** The number of rows that are visible at once. */
  readonly rowsPerPage: number
}

/** The actions of keys on rows, as in the tree grid pattern of the ARIA Authoring Practices Guide. */
export const rowShortcuts = { handleKey, toggle, setSubtree, isOpen, isClosable }

function handleKey(event: KeyboardEvent, { model, visible, patch, rowsPerPage }: Context): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return
  const { rows } = visible
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: Math.max(rowsPerPage, 1),
    PageUp: -Math.max(rowsPerPage, 1),
    Home: -rows.length,
    End: rows.length,
  }
  const move = moves[event.key]
  if (move !== undefined) {
    patch(({ selected }) => {
      const place = selected === undefined ? -1 : rows.indexOf(selected)
      const next = rows[Math.min(Math.max(0, place + move), rows.length - 1)]
      return next === undefined ? {} : { selected: next }
    })
  } else if (event.key === 'Enter' || event.key === ' ') patch({ detailsOpen: true })
  else if (event.key === '*' || event.key === 'o') patch(state => setSubtree(model, state, false))
  else if (event.key === 'x') patch(state => setSubtree(model, state, true))
  else if (event.key === 'ArrowRight' && !event.shiftKey) patch(state => openOrSelectChild(model, state, visible))
  else if (event.key === 'ArrowLeft' && !event.shiftKey) patch(state => closeOrSelectParent(model, state))
  else return
  event.preventDefault()
}

function isClosable(model: TraceModel, row: RowId): boolean {
  return isFoldRow(row) || (model.ends[row] ?? 0) > row + 1
}

function isOpen({ collapsed, openFolds }: ViewState, row: RowId): boolean {
  return isFoldRow(row) ? openFolds.has(pointOfRow(row)) : !collapsed.has(row)
}

function toggle(model: TraceModel, { collapsed, openFolds }: ViewState, row: RowId): Partial<ViewState> {
  if (!isClosable(model, row)) return {}
  return isFoldRow(row) ? { openFolds: flip(openFolds, pointOfRow(row)) } : { collapsed: flip(collapsed, row) }
}

function flip(set: ReadonlySet<number>, value: number): Set<number> {
  const flipped = new Set(set)
  if (!flipped.delete(value)) flipped.add(value)
  return flipped
}

function openOrSelectChild(model: TraceModel, state: ViewState, { rows, levels }: VisibleRows): Partial<ViewState> {
  const { selected } = state
  if (selected === undefined || !isClosable(model, selected)) return {}
  if (!isOpen(state, selected)) return toggle(model, state, selected)
  const place = rows.indexOf(selected)
  const next = rows[place + 1]
  return next !== undefined && (levels[place + 1] ?? 0) > (levels[place] ?? 0) ? { selected: next } : {}
}

function closeOrSelectParent(model: TraceModel, state: ViewState): Partial<ViewState> {
  const { selected } = state
  if (selected === undefined) return {}
  if (isClosable(model, selected) && isOpen(state, selected)) return toggle(model, state, selected)
  const point = pointOfRow(selected)
  const first = model.foldOf[point] ?? -1
  if (!isFoldRow(selected) && first >= 0) return { selected: toFoldRow(first) }
  const parent = model.parents[point] ?? -1
  return parent < 0 ? {} : { selected: parent }
}

/** Opens or closes the selected row and everything below it. */
function setSubtree(model: TraceModel, state: ViewState, close: boolean): Partial<ViewState> {
  const { selected } = state
  if (selected === undefined) return {}
  const collapsed = new Set(state.collapsed)
  const openFolds = new Set(state.openFolds)
  const tops = isFoldRow(selected) ? (model.folds.get(pointOfRow(selected)) ?? []) : [selected]
  for (const top of tops) {
    for (let index = top; index < (model.ends[top] ?? 0); index++) {
      if ((model.ends[index] ?? 0) <= index + 1) continue
      if (close) collapsed.add(index)
      else collapsed.delete(index)
    }
    for (const first of model.folds.keys()) {
      const isBelow = first > top && first < (model.ends[top] ?? 0)
      if (isBelow && close) openFolds.delete(first)
      else if (isBelow) openFolds.add(first)
    }
  }
  if (isFoldRow(selected) && close) openFolds.delete(pointOfRow(selected))
  else if (isFoldRow(selected)) openFolds.add(pointOfRow(selected))
  return { collapsed, openFolds }
}
