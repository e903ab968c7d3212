import type { Range } from '../view/time-range.js'

/** A stretch of a row, and the share of it that intervals cover, from 0 to 1. */
export interface Cover {
  readonly fromUs: number
  readonly toUs: number
  readonly density: number
}

/** Densities are rounded to this number of steps, so that neighbors with similar densities become one stretch. */
const DENSITY_STEPS = 8

/**
 * Returns which parts of a range the intervals of many points cover, in at most `cells` stretches. A stretch is denser
 * if intervals cover more of it. Overlapping intervals are added up.
 */
export function coverRange(
  intervals: Iterable<{ readonly startUs: number; readonly endUs: number }>,
  { fromUs, toUs }: Range,
  cells: number,
): Cover[] {
  const cellUs = (toUs - fromUs) / cells
  if (!(cellUs > 0)) return []
  const taken = new Float64Array(cells)
  const touched = new Uint8Array(cells)
  // Each interval adds 1 to `steps` at the first cell that the interval covers completely, and subtracts 1 after the
  // last such cell. The sum of the steps up to a cell is the number of intervals that cover the cell. So a long
  // interval takes no more work than a short interval.
  const steps = new Int32Array(cells + 1)
  for (const { startUs, endUs } of intervals) {
    if (!(startUs <= toUs && endUs >= fromUs)) continue
    const start = Math.max(0, (startUs - fromUs) / cellUs)
    const end = Math.min(cells, (endUs - fromUs) / cellUs)
    const first = Math.min(cells - 1, Math.floor(start))
    const last = Math.min(cells - 1, Math.floor(end))
    touched[first] = 1
    if (first === last) {
      taken[first] = (taken[first] ?? 0) + end - start
      continue
    }
    taken[first] = (taken[first] ?? 0) + first + 1 - start
    steps[first + 1] = (steps[first + 1] ?? 0) + 1
    steps[last] = (steps[last] ?? 0) - 1
    if (end > last) touched[last] = 1
    taken[last] = (taken[last] ?? 0) + end - last
  }
  return joinCells(taken, touched, steps, { fromUs, cellUs })
}

function joinCells(
  taken: Float64Array,
  touched: Uint8Array,
  steps: Int32Array,
  { fromUs, cellUs }: { readonly fromUs: number; readonly cellUs: number },
): Cover[] {
  const covers: Cover[] = []
  let whole = 0
  let first = 0
  let stepBefore = 0
  const push = (end: number): void => {
    if (stepBefore === 0) return
    covers.push({ fromUs: fromUs + first * cellUs, toUs: fromUs + end * cellUs, density: stepBefore / DENSITY_STEPS })
  }
  for (let cell = 0; cell < taken.length; cell++) {
    whole += steps[cell] ?? 0
    const share = Math.min(1, whole + (taken[cell] ?? 0))
    const step = whole > 0 || touched[cell] === 1 ? Math.max(1, Math.round(share * DENSITY_STEPS)) : 0
    if (step === stepBefore) continue
    push(cell)
    first = cell
    stepBefore = step
  }
  push(taken.length)
  return covers
}
