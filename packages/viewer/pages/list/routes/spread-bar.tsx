import type { RouteStatistics } from './route-statistics.js'

/** The shortest and longest duration on the scale of the bars, in microseconds. */
export interface SpreadScale {
  readonly fromUs: number
  readonly toUs: number
}

/**
 * The scale covers at most four powers of ten below the longest duration. Shorter durations are drawn at the start of
 * the scale.
 */
const MAX_RATIO = 10_000

/** Returns the scale that the bars of these routes share. */
export function computeSpreadScale(routes: readonly RouteStatistics[]): SpreadScale {
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = 1
  for (const { p50Us, slowestUs } of routes) {
    fromUs = Math.min(fromUs, p50Us ?? fromUs)
    toUs = Math.max(toUs, slowestUs ?? toUs)
  }
  return { fromUs: Math.max(toUs / MAX_RATIO, Math.min(fromUs, toUs)), toUs }
}

/**
 * Shows a route's durations: a dot at p50, a bar from p50 to p95, and a tick at the slowest trace. The logarithmic
 * scale makes every route visible.
 */
export function SpreadBar({ route, scale }: { readonly route: RouteStatistics; readonly scale: SpreadScale }) {
  const { p50Us, p95Us, slowestUs } = route
  if (p50Us === undefined || p95Us === undefined || slowestUs === undefined) return null
  const [from, to, end] = [p50Us, p95Us, slowestUs].map(us => toPercent(us, scale))
  return (
    <span class="spread-bar" aria-hidden="true">
      <span class="spread-tail" style={{ left: `${to}%`, width: `${(end ?? 0) - (to ?? 0)}%` }} />
      <span class="spread-range" style={{ left: `${from}%`, width: `${(to ?? 0) - (from ?? 0)}%` }} />
      <span class="spread-middle" style={{ left: `${from}%` }} />
      <span class="spread-slowest" style={{ left: `${end}%` }} />
    </span>
  )
}

/** Returns the position of a duration in percent, with room for a dot at both ends. */
function toPercent(us: number, { fromUs, toUs }: SpreadScale): number {
  const span = Math.log(toUs / fromUs)
  const share = span > 0 ? Math.log(Math.max(us, fromUs) / fromUs) / span : 0
  return 2 + 96 * share
}
