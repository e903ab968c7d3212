import type { ReportNode } from '../tree/report.js'
import { createClockName } from './clock-names.js'
import type { HostClock } from './clock-skew.js'

/** Returns a function that finds a point's clock, or returns `undefined` if the point's host is unknown. */
export function createClockFinder(clocks: readonly HostClock[]): (node: ReportNode) => HostClock | undefined {
  const clocksByName = new Map(clocks.map(clock => [createClockName(clock.host, clock.service), clock]))
  // The clock of the point's service takes precedence over the clock of the host. On a host whose services have
  // separate clocks, the clock of the host is for points without a service.
  return ({ host, service }) =>
    host === undefined
      ? undefined
      : (clocksByName.get(createClockName(host, service)) ?? clocksByName.get(createClockName(host, undefined)))
}

/** Returns a function that returns the offset of a point's clock in microseconds, or 0 if the clock is unknown. */
export function createOffsetFinder(clocks: readonly HostClock[]): (node: ReportNode) => number {
  const clockOf = createClockFinder(clocks)
  return node => clockOf(node)?.offsetUs ?? 0
}
