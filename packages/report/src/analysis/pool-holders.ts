import { findFirstIndex } from '../tree/find-first-index.js'
import { readNumber } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { toInterval } from './self-time.js'
import type { Waiting } from './waiting.js'

/**
 * Returns the queries that used a connection of a pool while a point of the trace waited for a connection of this pool.
 * A query is known to have used the pool only if it recorded the pool's number.
 */
export function findHolders({ nodes, pool }: Waiting, report: Report): ReportNode[] {
  const id = pool?.id
  if (id === undefined) return []
  const service = nodes[0]?.service
  const cover = createCover(nodes)
  return report.points.filter(node => usesPool(node, id) && node.service === service && cover(node) > 0)
}

/** Returns whether a query recorded that it used a connection of the pool with this number. */
export function usesPool(node: ReportNode, id: number): boolean {
  return readNumber(node.stop, 'info', 'db', 'pool') === id
}

/** A function that returns how much of an interval overlaps with certain points, in microseconds. */
export type Cover = (time: Pick<ReportNode, 'startedUs' | 'finishedUs'>) => number

/**
 * Creates a function that returns how much of an interval overlaps with the given points, in microseconds. Points
 * without a start or a stop are left out.
 */
export function createCover(nodes: readonly ReportNode[]): Cover {
  const starts: number[] = []
  const ends: number[] = []
  /** For each interval, the total length of the intervals before it. */
  const sums: number[] = []
  let sum = 0
  const finished = nodes.filter(({ durationUs }) => durationUs !== undefined)
  for (const { startUs, endUs } of finished.map(toInterval).sort((a, b) => a.startUs - b.startUs)) {
    const from = Math.max(startUs, ends.at(-1) ?? startUs)
    if (endUs <= from) continue
    starts.push(from)
    ends.push(endUs)
    sums.push(sum)
    sum += endUs - from
  }
  const coveredUntil = (us: number): number => {
    const last = findFirstIndex(starts, startUs => startUs > us) - 1
    return last < 0 ? 0 : (sums[last] ?? 0) + Math.min(us, ends[last] ?? us) - (starts[last] ?? us)
  }
  return time => {
    if (time.startedUs === undefined || time.finishedUs === undefined) return 0
    const { startUs, endUs } = toInterval(time)
    return Math.max(0, coveredUntil(endUs) - coveredUntil(startUs))
  }
}
