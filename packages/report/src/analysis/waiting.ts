import { groupBy } from '../tree/group-by.js'
import { readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { toInterval, unionUs } from './self-time.js'

/** The time that a service spent waiting for one cause, according to its points. */
export interface Waiting {
  readonly nodes: readonly ReportNode[]
  /** The value of `info.wait.for`, such as `pool` or `event-loop`; empty if there is none. */
  readonly for: string
  /** The time in which at least one point waited, in microseconds. */
  readonly totalUs: number
}

/**
 * Returns what a point waited for, or `undefined` if it did not wait. A point waits if its name is `wait`, or if it has
 * `info.wait.for`: `withTrace('wait', { wait: { for: 'pool' } }, () => pool.connect())`. Known values are `pool` (a
 * connection from a pool) and `event-loop` (the process was busy with something else).
 */
export function readWait(node: ReportNode): string | undefined {
  // The stop takes precedence, because a point may start to open a connection, but get one that was returned to the
  // pool earlier.
  const found = readText(node.stop, 'info', 'wait', 'for') ?? readText(node.start, 'info', 'wait', 'for')
  return found ?? (node.name === 'wait' ? '' : undefined)
}

/**
 * Returns the waits in a trace, grouped by service and cause, longest first. Points without a start or a stop are left
 * out.
 */
export function findWaiting(report: Report): Waiting[] {
  const waits = report.points.filter(node => node.durationUs !== undefined && readWait(node) !== undefined)
  return [...groupBy(waits, node => JSON.stringify([node.service, readWait(node)])).values()]
    .map(nodes => ({
      nodes,
      for: nodes[0] === undefined ? '' : (readWait(nodes[0]) ?? ''),
      totalUs: unionUs(nodes.map(toInterval)),
    }))
    .sort((a, b) => b.totalUs - a.totalUs)
}
