import type { Report, ReportNode } from '../tree/report.js'
import { boundClocks } from './clock-bounds.js'
import { allowsOffset } from './fit-clocks.js'

/**
 * The clocks of a trace, and a function that returns the name of a point's clock, or `undefined` for a point without a
 * host.
 */
export interface ClockNames {
  /** The clocks by name, in the order in which they appear in the trace. */
  readonly names: ReadonlyMap<string, { readonly host: string; readonly service: string | undefined }>
  clockOf(node: ReportNode): string | undefined
}

/**
 * Assigns one clock to each host, or one to each of its services if calls show that the services' clocks differ. Clocks
 * may differ within a host, because containers and VMs may have the same host name.
 */
export function nameClocks(report: Report, toleranceUs: number): ClockNames {
  const shared = findSharedNames(report, toleranceUs)
  const clockOf = ({ host, service }: ReportNode): string | undefined =>
    host === undefined ? undefined : createClockName(host, shared.has(host) ? service : undefined)
  const names = new Map<string, { host: string; service: string | undefined }>()
  for (const node of report.points) {
    const { host, service } = node
    const name = clockOf(node)
    if (name === undefined || host === undefined || names.has(name)) continue
    names.set(name, { host, service: shared.has(host) ? service : undefined })
  }
  return { names, clockOf }
}

/** Returns a string that identifies exactly one clock. */
export function createClockName(host: string, service: string | undefined): string {
  return service === undefined ? host : JSON.stringify([host, service])
}

function findSharedNames({ points }: Report, toleranceUs: number): Set<string> {
  const found = new Set<string>()
  for (const parent of points) {
    for (const child of parent.children) {
      if (parent.host === undefined || parent.host !== child.host || parent.service === child.service) continue
      const bounds = boundClocks(parent, child, true)
      if (bounds !== undefined && !allowsOffset(bounds, 0, toleranceUs)) found.add(parent.host)
    }
  }
  return found
}
