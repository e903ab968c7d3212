import type { Report } from '../tree/report.js'
import { type AlignedPath, createAlignment, type PathMeasure } from './align-points.js'
import { type Change, type Comparison, compareTimes, spreadOf } from './diff-spread.js'

/** The points at one path of the tree, in the runs before and after. A value for JSON. */
export interface DiffPoint {
  readonly id: number
  /** The `id` of the path above; `null` at the top. */
  readonly parent: number | null
  readonly depth: number
  readonly service: string | null
  readonly name: string
  /** What the points do. It holds whatever their records held: pass it through `escapeControl` before a terminal sees it. */
  readonly detail: string
  /** How many such points a run has: the medians. */
  readonly count: { readonly before: number; readonly after: number }
  /** The time in which at least one of them ran. */
  readonly total: Comparison
  /** Their own time, not spent in their children. */
  readonly self: Comparison
  /** `new` and `gone` where no run before, or after, has such a point; or else what `total` says. */
  readonly change: Change | 'new' | 'gone'
}

/** What changed between two sets of runs. A value for JSON; all times are in microseconds. */
export interface ReportDiff {
  /** How many runs there are. */
  readonly runs: { readonly before: number; readonly after: number }
  /** The whole duration. */
  readonly total: Comparison
  /** Every path of any of the runs, each after the path above it. */
  readonly points: readonly DiffPoint[]
}

/** What became slower by more than it may. */
export interface Regression {
  /** `undefined` for the whole trace. */
  readonly point: DiffPoint | undefined
  readonly comparison: Comparison
}

/** A point is only held to account for at least this share of the whole duration. */
const MIN_WEIGHT = 0.01

/**
 * Compares runs of the same request: what became slower or faster, what is new and what is gone. Points are aligned by
 * their paths, repetitions are pooled (the time in which any of them ran), and medians are compared: a difference counts
 * only beyond the spread of the runs (see `Comparison`). A run without a point took no time for it.
 */
export function diffReports(before: readonly Report[], after: readonly Report[]): ReportDiff {
  const alignment = createAlignment()
  const measuresBefore = before.map(report => alignment.add(report))
  const measuresAfter = after.map(report => alignment.add(report))
  return {
    runs: { before: before.length, after: after.length },
    total: compareTimes(durations(before), durations(after)),
    points: alignment.paths.map(path => diffPath(path, measuresBefore, measuresAfter)),
  }
}

/**
 * What became slower by more than a share (0.1 for 10 %), beyond the spread: the whole first, then points, by how much.
 * Points that make no difference of 1 % to the whole are passed over, and so are new ones: the whole tells of these.
 */
export function regressions(diff: ReportDiff, share: number): Regression[] {
  const isOver = ({ change, share: grown }: Comparison): boolean =>
    change === 'slower' && (grown === null || grown > share)
  const least = MIN_WEIGHT * diff.total.before.median
  const points = diff.points
    .filter(({ change, total }) => change === 'slower' && isOver(total) && total.deltaUs >= least)
    .sort((a, b) => b.self.deltaUs - a.self.deltaUs)
    .map(point => ({ point, comparison: point.total }))
  return [...(isOver(diff.total) ? [{ point: undefined, comparison: diff.total }] : []), ...points]
}

function diffPath(
  { id, parent, depth, service, name, detail }: AlignedPath,
  before: readonly ReadonlyMap<number, PathMeasure>[],
  after: readonly ReadonlyMap<number, PathMeasure>[],
): DiffPoint {
  const pick = (runs: readonly ReadonlyMap<number, PathMeasure>[], field: keyof PathMeasure): number[] =>
    runs.map(run => run.get(id)?.[field] ?? 0)
  const countBefore = spreadOf(pick(before, 'count'))
  const countAfter = spreadOf(pick(after, 'count'))
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

function durations(reports: readonly Report[]): number[] {
  return reports.flatMap(({ durationUs }) => (durationUs === undefined ? [] : [durationUs]))
}
