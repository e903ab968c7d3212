import type { ListedTrace } from '../../../src/protocol/listed-trace.js'

/** The traces of one route of a service. Durations are in microseconds, `undefined` where none is known. */
export interface RouteStatistics {
  readonly key: string
  readonly pattern: string
  readonly service: string
  readonly count: number
  readonly failed: number
  readonly p50Us: number | undefined
  readonly p95Us: number | undefined
  readonly slowestUs: number | undefined
  /** The slowest trace, by its reference. */
  readonly slowestRef: string | undefined
}

export type RouteColumn = 'pattern' | 'count' | 'p50Us' | 'p95Us' | 'slowestUs'

/** What tells a trace's route from any other; `''` for a trace that was not read yet. */
export function routeKey({ pattern, name, service, reading }: ListedTrace): string {
  return reading === 'waiting' ? '' : JSON.stringify([pattern || name, service])
}

/** The routes of the traces that were read. */
export function routeStatistics(traces: readonly ListedTrace[]): RouteStatistics[] {
  const groups = new Map<string, ListedTrace[]>()
  for (const trace of traces) {
    const key = routeKey(trace)
    if (key === '') continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [trace])
    else group.push(trace)
  }
  return Array.from(groups, ([key, group]) => toRoute(key, group))
}

/** Routes in the order of a column; of equals the one with more traces comes first. */
export function sortRoutes(
  routes: readonly RouteStatistics[],
  column: RouteColumn,
  descending: boolean,
): RouteStatistics[] {
  const direction = descending ? -1 : 1
  return routes.toSorted((left, right) => {
    const [a, b] = [left[column] ?? -1, right[column] ?? -1]
    return a === b ? right.count - left.count || (left.key < right.key ? -1 : 1) : direction * (a < b ? -1 : 1)
  })
}

function toRoute(key: string, group: readonly ListedTrace[]): RouteStatistics {
  const [first] = group
  const timed = group.filter(trace => trace.durationUs !== null)
  timed.sort((a, b) => (a.durationUs ?? 0) - (b.durationUs ?? 0))
  const at = (share: number): number | undefined =>
    timed[Math.max(0, Math.ceil(timed.length * share) - 1)]?.durationUs ?? undefined
  const slowest = timed.at(-1)
  return {
    key,
    pattern: first?.pattern || first?.name || '',
    service: first?.service ?? '',
    count: group.length,
    failed: group.filter(({ failed }) => failed).length,
    p50Us: at(0.5),
    p95Us: at(0.95),
    slowestUs: slowest?.durationUs ?? undefined,
    slowestRef: slowest?.ref,
  }
}
