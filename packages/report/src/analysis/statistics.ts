import { groupBy } from '../tree/group-by.js'
import { readCallSite } from '../tree/read-call-site.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatCallSite } from '../words/call-sites.js'
import { createShapeReader } from '../words/point-label.js'
import { nearestRank } from './nearest-rank.js'
import { selfTimes } from './self-time.js'

/** Statistics of a trace's points, most self time first. */
export interface Statistics {
  readonly byName: readonly StatisticsRow[]
  readonly byService: readonly StatisticsRow[]
  /**
   * Grouped by statement, route or function within one service and name. Points without such a shape are grouped by
   * name.
   */
  readonly byShape: readonly StatisticsRow[]
  /** Grouped by the line that made the points, within one service. Points without a call site have an empty label. */
  readonly byCallSite: readonly StatisticsRow[]
}

/**
 * Statistics of a group of points. Times are in microseconds, and `undefined` if no point of the group has both a start
 * and a stop.
 */
export interface StatisticsRow {
  /**
   * The name, the service, the call site, or the shape, such as `GET /orders/*`. Not escaped: pass it through
   * `escapeControl`.
   */
  readonly label: string
  /** `undefined` if the group's points have different services, or no service. */
  readonly service: string | undefined
  readonly name: string | undefined
  readonly count: number
  readonly errors: number
  /** How many points lack a start or a stop. They are part of `count`, but not of the times below. */
  readonly unfinished: number
  /**
   * The sum of the durations. It can exceed the trace's duration, because points may overlap or contain one another.
   */
  readonly totalUs: number
  readonly selfUs: number
  readonly minUs: number | undefined
  readonly medianUs: number | undefined
  /** The duration that 95 of 100 points do not exceed (nearest rank). */
  readonly p95Us: number | undefined
  readonly maxUs: number | undefined
  /** The `trace_id` of the slowest point, or of the first point if no duration is known. */
  readonly slowestTraceId: string
}

/** Computes the statistics of a trace. Takes O(n log n) time. */
export function statistics(report: Report): Statistics {
  const selfTimesByNode = selfTimes(report)
  const shapeOf = createShapeReader()
  const rows = (keyOf: (node: ReportNode) => string, labelOf: (node: ReportNode) => string): StatisticsRow[] =>
    Array.from(groupBy(report.points, keyOf).values(), nodes => toRow(nodes, labelOf, selfTimesByNode)).sort(
      (a, b) => b.selfUs - a.selfUs || b.totalUs - a.totalUs || b.count - a.count,
    )
  const siteOf = (node: ReportNode): string => {
    const site = readCallSite(node)
    return site === undefined ? '' : formatCallSite(site)
  }
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
    byCallSite: rows(node => JSON.stringify([node.service, siteOf(node)]), siteOf),
  }
}

function toRow(
  nodes: readonly ReportNode[],
  labelOf: (node: ReportNode) => string,
  selfTimesByNode: ReadonlyMap<ReportNode, number>,
): StatisticsRow {
  const [first] = nodes
  let errors = 0
  let totalUs = 0
  let selfUs = 0
  let slowest = first
  const durations: number[] = []
  for (const node of nodes) {
    if (node.failed) errors++
    selfUs += selfTimesByNode.get(node) ?? 0
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

function median(sorted: readonly number[]): number | undefined {
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  const upper = sorted[Math.floor(sorted.length / 2)]
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2
}
