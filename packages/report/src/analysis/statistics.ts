import { groupBy } from '../tree/group-by.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createShapeReader } from '../words/point-label.js'
import { nearestRank } from './nearest-rank.js'
import { selfTimes } from './self-time.js'

/** The points of a trace by what they are called, by where they ran, and by what they did; most time of their own first. */
export interface Statistics {
  readonly byName: readonly StatisticsRow[]
  readonly byService: readonly StatisticsRow[]
  /** By statement, route or function, of one service and name. Points that do not say are by their name. */
  readonly byShape: readonly StatisticsRow[]
}

/** What a group of points took. Times are in microseconds and `undefined` where no point of the group has both ends. */
export interface StatisticsRow {
  /** The name, the service, or the shape: `GET /orders/*`. It quotes the records: pass it through `escapeControl`. */
  readonly label: string
  /** `undefined` where points of the group differ in it, or none says. */
  readonly service: string | undefined
  readonly name: string | undefined
  readonly count: number
  readonly errors: number
  /** How many lack an end: they count, and their times are in none of the figures below. */
  readonly unfinished: number
  /** The sum of the durations: more than the trace's where points ran at the same time or inside one another. */
  readonly totalUs: number
  /** The sum of the self times. */
  readonly selfUs: number
  readonly minUs: number | undefined
  readonly medianUs: number | undefined
  /** The duration that 95 of 100 points do not exceed (the nearest rank). */
  readonly p95Us: number | undefined
  readonly maxUs: number | undefined
  /** The id of the point that took longest, or of the first one. */
  readonly slowestTraceId: string
}

/** Count, times and errors of a trace's points, by name, by service and by shape. Takes O(n log n) time. */
export function statistics(report: Report): Statistics {
  const selves = selfTimes(report)
  const shapeOf = createShapeReader()
  const rows = (keyOf: (node: ReportNode) => string, labelOf: (node: ReportNode) => string): StatisticsRow[] =>
    Array.from(groupBy(report.points, keyOf).values(), nodes => toRow(nodes, labelOf, selves)).sort(
      (a, b) => b.selfUs - a.selfUs || b.totalUs - a.totalUs || b.count - a.count,
    )
  return {
    byName: rows(
      node => node.name,
      node => node.name,
    ),
    byService: rows(
      node => node.service ?? '',
      node => node.service ?? '',
    ),
    byShape: rows(
      node => JSON.stringify([node.service, node.name, shapeOf(node)]),
      node => shapeOf(node) || node.name,
    ),
  }
}

function toRow(
  nodes: readonly ReportNode[],
  labelOf: (node: ReportNode) => string,
  selves: ReadonlyMap<ReportNode, number>,
): StatisticsRow {
  const [first] = nodes
  let errors = 0
  let totalUs = 0
  let selfUs = 0
  let slowest = first
  const durations: number[] = []
  for (const node of nodes) {
    if (node.failed) errors++
    selfUs += selves.get(node) ?? 0
    if (node.durationUs === undefined) continue
    totalUs += node.durationUs
    durations.push(node.durationUs)
    if (node.durationUs > (slowest?.durationUs ?? -1)) slowest = node
  }
  durations.sort((a, b) => a - b)
  return {
    label: first === undefined ? '' : labelOf(first),
    service: nodes.every(({ service }) => service === first?.service) ? first?.service : undefined,
    name: nodes.every(({ name }) => name === first?.name) ? first?.name : undefined,
    count: nodes.length,
    errors,
    unfinished: nodes.length - durations.length,
    totalUs,
    selfUs,
    minUs: durations[0],
    medianUs: median(durations),
    p95Us: nearestRank(durations, 0.95),
    maxUs: durations.at(-1),
    slowestTraceId: slowest?.traceId ?? '',
  }
}

/** Of an even number, halfway between the two in the middle. */
function median(sorted: readonly number[]): number | undefined {
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  const upper = sorted[Math.floor(sorted.length / 2)]
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2
}
