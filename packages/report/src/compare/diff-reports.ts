import type { Report } from '../tree/report.js'
import { type AlignedPath, createAlignment, type PathMeasure } from './align-points.js'
import { type Change, type Comparison, compareTimes, computeSpread } from './diff-spread.js'

/** The points at one path of the tree, in the runs before and after a change. Can be serialized as JSON. */
export interface DiffPoint {
  readonly id: number
  /** The `id` of the parent path; `null` at the top. */
  readonly parent: number | null
  readonly depth: number
  readonly service: string | null
  readonly name: string
  /** One line of text that describes the points. Not escaped: pass it through `escapeControl` before printing. */
  readonly detail: string
  /** The median number of these points per run. */
  readonly count: { readonly before: number; readonly after: number }
  /** The time in which at least one of these points ran. */
  readonly total: Comparison
  /** The self time of these points: the time that they did not spend in their children. */
  readonly self: Comparison
  /**
   * `new` if no run before the change has such a point, `gone` if no run after the change has one. In all other cases,
   * the change of `total`.
   */
  readonly change: Change | 'new' | 'gone'
}

/** The changes between two sets of runs. Can be serialized as JSON. All times are in microseconds. */
export interface ReportDiff {
  readonly runs: { readonly before: number; readonly after: number }
  readonly total: Comparison
  /** The paths of all runs, parents before children. */
  readonly points: readonly DiffPoint[]
}

/** A slowdown that exceeds the allowed share. */
export interface Regression {
  /** `undefined` for the whole trace. */
  readonly point: DiffPoint | undefined
  readonly comparison: Comparison
}

/** A point's slowdown counts only if it is at least this share of the trace's duration. */
const MIN_SHARE_OF_TOTAL = 0.01

/**
 * Compares runs of the same request: what became slower or faster, what is new, and what is gone. Points are aligned by
 * their paths, and points that repeat one another are added up. A difference between the medians counts only if it
 * exceeds the spread of the runs (see `Comparison`). A run without the point counts with a time of 0.
 */
export function diffReports(before: readonly Report[], after: readonly Report[]): ReportDiff {
  const alignment = createAlignment()
  const measuresBefore = before.map(report => alignment.add(report))
  const measuresAfter = after.map(report => alignment.add(report))
  return {
    runs: { before: before.length, after: after.length },
    total: compareTimes(listDurations(before), listDurations(after)),
    points: alignment.paths.map(path => diffPath(path, measuresBefore, measuresAfter)),
  }
}

/**
 * Returns the slowdowns that exceed both the spread of the runs and a share (0.1 for 10%). The whole trace comes first,
 * then points by the growth of their self time. Points that became slower by less than 1% of the trace's duration are
 * left out. New points are left out too, because the whole trace includes their time.
 */
export function regressions(diff: ReportDiff, share: number): Regression[] {
  const exceedsShare = ({ change, share: grown }: Comparison): boolean =>
    change === 'slower' && (grown === null || grown > share)
  const minDeltaUs = MIN_SHARE_OF_TOTAL * diff.total.before.median
  const points = diff.points
    .filter(({ change, total }) => change === 'slower' && exceedsShare(total) && total.deltaUs >= minDeltaUs)
    .sort((a, b) => b.self.deltaUs - a.self.deltaUs)
    .map(point => ({ point, comparison: point.total }))
  return [...(exceedsShare(diff.total) ? [{ point: undefined, comparison: diff.total }] : []), ...points]
}

function diffPath(
  { id, parent, depth, service, name, detail }: AlignedPath,
  before: readonly ReadonlyMap<number, PathMeasure>[],
  after: readonly ReadonlyMap<number, PathMeasure>[],
): DiffPoint {
  const pick = (runs: readonly ReadonlyMap<number, PathMeasure>[], field: keyof PathMeasure): number[] =>
    runs.map(run => run.get(id)?.[field] ?? 0)
  const countBefore = computeSpread(pick(before, 'count'))
  const countAfter = computeSpread(pick(after, 'count'))
  const total = compareTimes(pick(before, 'totalUs'), pick(after, 'totalUs'))
  return {
    id,
    parent: parent ?? null,
    depth,
    service: service ?? null,
    name,
    detail,
    count: { before: countBefore.median, after: countAfter.median },
    total,
    self: compareTimes(pick(before, 'selfUs'), pick(after, 'selfUs')),
    change: countBefore.max === 0 ? 'new' : countAfter.max === 0 ? 'gone' : total.change,
  }
}

function listDurations(reports: readonly Report[]): number[] {
  return reports.flatMap(({ durationUs }) => (durationUs === undefined ? [] : [durationUs]))
}
