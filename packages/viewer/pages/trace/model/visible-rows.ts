import type { TraceModel } from './trace-model.js'

/** The index of a point. For folded siblings, it is -1 minus the index of the first sibling. */
export type RowId = number

/** The rows to draw, from top to bottom, and each row's level in the tree. */
export interface VisibleRows {
  readonly rows: Int32Array
  readonly levels: Int32Array
}

/** The state that determines which rows are visible. Points and folds are identified by index. */
export interface Folding {
  readonly collapsed: ReadonlySet<number>
  readonly openFolds: ReadonlySet<number>
  /**
   * The result of a filter for each point: 0 if the point is removed, 1 if it is kept only because a point below it
   * matches, 2 if it matches. `undefined` if there is no filter.
   */
  readonly kept: Uint8Array | undefined
}

/** Returns the row of folded siblings, given the index of the first sibling. */
export function toFoldRow(first: number): RowId {
  return -1 - first
}

/** Returns whether a row represents folded siblings. */
export function isFoldRow(row: RowId): boolean {
  return row < 0
}

/** Returns the index of a row's point, or of the first point that the row folds. */
export function pointOfRow(row: RowId): number {
  return row < 0 ? -1 - row : row
}

/**
 * Returns the rows that are not inside a closed row, in tree order. Uses no recursion, because traces may be very deep.
 */
export function listVisibleRows(model: TraceModel, { collapsed, openFolds, kept }: Folding): VisibleRows {
  const { ends, foldOf, folds, points } = model
  const rows = new Int32Array(points.length + folds.size)
  const levels = new Int32Array(points.length + folds.size)
  let count = 0
  const addRow = (row: RowId, level: number): void => {
    rows[count] = row
    levels[count++] = level
  }
  const frames: Frame[] = [{ next: 0, end: points.length, level: 0, members: undefined }]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const index = takeNextPoint(frame, ends)
    if (index === undefined) {
      frames.pop()
      continue
    }
    if (kept?.[index] === 0 && (frame.members !== undefined || foldOf[index] !== index)) continue
    const first = frame.members === undefined ? (foldOf[index] ?? -1) : -1
    if (first >= 0) {
      const members = first === index ? filterMembers(folds.get(first) ?? [], kept) : []
      if (members.length === 0) continue
      addRow(toFoldRow(first), frame.level)
      if (openFolds.has(first)) frames.push({ next: 0, end: members.length, level: frame.level + 1, members })
      continue
    }
    addRow(index, frame.level)
    const end = ends[index] ?? 0
    if (end > index + 1 && !collapsed.has(index)) {
      frames.push({ next: index + 1, end, level: frame.level + 1, members: undefined })
    }
  }
  return { rows: rows.subarray(0, count), levels: levels.subarray(0, count) }
}

interface Frame {
  next: number
  readonly end: number
  readonly level: number
  readonly members: readonly number[] | undefined
}

function takeNextPoint(frame: Frame, ends: Int32Array): number | undefined {
  if (frame.next >= frame.end) return undefined
  if (frame.members !== undefined) return frame.members[frame.next++]
  const index = frame.next
  frame.next = ends[index] ?? frame.end
  return index
}

/**
 * Returns the points of a row: one point, or the folded siblings that the filter keeps. If the filter removes all
 * points of a selected row, returns all of them.
 */
export function pointsOfRow(model: TraceModel, row: RowId, kept: Uint8Array | undefined): readonly number[] {
  const point = pointOfRow(row)
  if (!isFoldRow(row)) return [point]
  const all = model.folds.get(point) ?? [point]
  const left = filterMembers(all, kept)
  return left.length === 0 ? all : left
}

function filterMembers(members: readonly number[], kept: Uint8Array | undefined): readonly number[] {
  return kept === undefined ? members : members.filter(member => kept[member] !== 0)
}
