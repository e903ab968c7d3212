import { groupBy } from '../tree/group-by.js'
import { readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { intervalOf, unionUs } from './self-time.js'

/** Time in which a service's part of the request stood still, as its points say. */
export interface Waiting {
  /** The points that waited, in tree order. */
  readonly nodes: readonly ReportNode[]
  /** `pool`, `event-loop`, or what else `info.wait.for` says; empty where it says nothing. */
  readonly for: string
  /** The time in which at least one of them waited, in microseconds. */
  readonly totalUs: number
}

/**
 * What a point waited for; `undefined` for one that did not wait. A point waits when it is called `wait`, or when its
 * start or stop has `info.wait.for`: `withTrace('wait', { wait: { for: 'pool' } }, () => pool.connect())`. Known are
 * `pool` (a connection of a pool) and `event-loop` (the process was busy with something else).
 */
export function readWait(node: ReportNode): string | undefined {
  // The stop knows better: a connection that should have been opened may have come back to the pool first.
  const found = readText(node.stop, 'info', 'wait', 'for') ?? readText(node.start, 'info', 'wait', 'for')
  return found ?? (node.name === 'wait' ? '' : undefined)
}

/** The waits of a trace by service and by what was waited for, longest first. Points without both ends are left out. */
export function findWaiting(report: Report): Waiting[] {
  const waits = report.points.filter(node => node.durationUs !== undefined && readWait(node) !== undefined)
  return [...groupBy(waits, node => JSON.stringify([node.service, readWait(node)])).values()]
    .map(nodes => ({
      nodes,
      for: nodes[0] === undefined ? '' : (readWait(nodes[0]) ?? ''),
      totalUs: unionUs(nodes.map(intervalOf)),
    }))
    .sort((a, b) => b.totalUs - a.totalUs)
}
