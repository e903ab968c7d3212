import type { Report, ReportNode } from '../tree/report.js'

/** A span of time in microseconds since the trace's first record. */
export interface Interval {
  readonly startUs: number
  readonly endUs: number
}

/**
 * Returns each point's self time in microseconds: its interval minus the union of its children's intervals. A point
 * without a start or a stop has no self time. An unfinished child counts up to its parent's end, because the child may
 * have used that time.
 */
export function selfTimes(report: Report): Map<ReportNode, number> {
  const times = new Map<ReportNode, number>()
  for (const node of report.points) {
    const { startedUs, finishedUs, durationUs } = node
    if (durationUs === undefined || startedUs === undefined || finishedUs === undefined) continue
    times.set(node, durationUs - unionUs(listCovered(node, startedUs, finishedUs)))
  }
  return times
}

/** Returns the intervals of a point's self time, in order. Empty for a point without a start or a stop. */
export function selfIntervals(node: ReportNode): Interval[] {
  const { startedUs, finishedUs } = node
  if (startedUs === undefined || finishedUs === undefined) return []
  return subtract({ startUs: startedUs, endUs: finishedUs }, listCovered(node, startedUs, finishedUs))
}

/** Returns the rest of an interval after the given parts have been removed, as a list of intervals in order. */
export function subtract(whole: Interval, parts: readonly Interval[]): Interval[] {
  const rest: Interval[] = []
  let reachedUs = whole.startUs
  for (const { startUs, endUs } of parts.toSorted((a, b) => a.startUs - b.startUs)) {
    const toUs = Math.min(startUs, whole.endUs)
    if (toUs > reachedUs) rest.push({ startUs: reachedUs, endUs: toUs })
    reachedUs = Math.max(reachedUs, endUs)
  }
  if (reachedUs < whole.endUs) rest.push({ startUs: reachedUs, endUs: whole.endUs })
  return rest
}

/** Returns the sum of the lengths of intervals, in microseconds. */
export function sumUs(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0)
}

/** Lists the parts of a point's time in which points below it ran. */
function listCovered({ children }: ReportNode, startedUs: number, finishedUs: number): Interval[] {
  return children
    .map(child => ({
      startUs: Math.max(startedUs, child.startedUs ?? child.finishedUs ?? finishedUs),
      endUs: Math.min(finishedUs, findEndUs(child, finishedUs)),
    }))
    .filter(({ startUs, endUs }) => endUs > startUs)
}

/**
 * Returns the time in which at least one of the points ran, in microseconds. A row of folded points shows this time as
 * its duration. Points without a start or a stop are left out. Returns `undefined` if no point remains.
 */
export function coveredUs(nodes: readonly ReportNode[]): number | undefined {
  const finished = nodes.filter(({ durationUs }) => durationUs !== undefined)
  return finished.length === 0 ? undefined : unionUs(finished.map(toInterval))
}

/** Returns the interval of a point that has a start and a stop, in microseconds. */
export function toInterval({ startedUs = 0, finishedUs = 0 }: Pick<ReportNode, 'startedUs' | 'finishedUs'>): Interval {
  return { startUs: startedUs, endUs: finishedUs }
}

/** Returns the length of the union of the intervals, in microseconds. Empty and negative intervals do not count. */
export function unionUs(intervals: readonly Interval[]): number {
  let total = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const { startUs, endUs } of intervals.toSorted((a, b) => a.startUs - b.startUs)) {
    if (endUs <= Math.max(startUs, reached)) continue
    total += endUs - Math.max(startUs, reached)
    reached = endUs
  }
  return total
}

function findEndUs(child: ReportNode, parentEndUs: number): number {
  if (child.finishedUs !== undefined) return child.finishedUs
  return child.startedUs === undefined ? Number.NEGATIVE_INFINITY : parentEndUs
}
