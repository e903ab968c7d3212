import { groupBy, nearestRank } from '@osprofiler/report/toolkit'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { compare, type Sorting } from '../../shared/sorting.js'

/**
 * Statistics of the traces of one route of a service. Durations are in microseconds, and `undefined` if no duration is
 * known.
 */
export interface RouteStatistics {
  readonly key: string
  readonly pattern: string
  readonly service: string
  readonly count: number
  readonly failed: number
  readonly p50Us: number | undefined
  readonly p95Us: number | undefined
  readonly slowestUs: number | undefined
  readonly slowestRef: string | undefined
}

/** A column by which routes can be sorted. */
export type RouteColumn = 'pattern' | 'count' | 'p50Us' | 'p95Us' | 'slowestUs'

/** Returns a key for a trace's route, or `''` if the trace has not been read yet. */
export function createRouteKey({ pattern, name, service, reading }: ListedTrace): string {
  return reading === 'waiting' ? '' : JSON.stringify([pattern || name, service])
}

/** Returns the statistics of each route, for the traces that have been read. */
export function computeRouteStatistics(traces: readonly ListedTrace[]): RouteStatistics[] {
  const groups = groupBy(traces, createRouteKey)
  groups.delete('')
  return Array.from(groups, ([key, group]) => toRoute(key, group))
}

/** Sorts routes by a column. If values are equal, the route with more traces comes first. */
export function sortRoutes(
  routes: readonly RouteStatistics[],
  { key, descending }: Sorting<RouteColumn>,
): RouteStatistics[] {
  const direction = descending ? -1 : 1
  return routes.toSorted(
    (left, right) =>
      direction * compare(left[key] ?? -1, right[key] ?? -1) ||
      right.count - left.count ||
      compare(left.key, right.key),
  )
}

function toRoute(key: string, group: readonly ListedTrace[]): RouteStatistics {
  const [first] = group
  const timed = group.flatMap(({ ref, durationUs }) => (durationUs === null ? [] : [{ ref, durationUs }]))
  timed.sort((a, b) => a.durationUs - b.durationUs)
  const durations = timed.map(({ durationUs }) => durationUs)
  const slowest = timed.at(-1)
  return {
    key,
    pattern: first?.pattern || first?.name || '',
    service: first?.service ?? '',
    count: group.length,
    failed: group.filter(({ failed }) => failed).length,
    p50Us: nearestRank(durations, 0.5),
    p95Us: nearestRank(durations, 0.95),
    slowestUs: slowest?.durationUs,
    slowestRef: slowest?.ref,
  }
}
