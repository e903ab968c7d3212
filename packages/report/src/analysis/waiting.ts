import { groupBy } from '../tree/group-by.js'
import { readNumber, readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { toInterval, unionUs } from './self-time.js'

/** The state of a pool when a point began to wait for one of its connections, as far as it is recorded. */
export interface WaitedPool {
  /** The number that identifies the pool in all points that waited for it. */
  readonly id: number | undefined
  readonly max: number | undefined
  /** How many other callers were already waiting for a connection. */
  readonly waiting: number | undefined
}

/** The time that a service spent waiting for one cause, according to its points. */
export interface Waiting {
  readonly nodes: readonly ReportNode[]
  /** The value of `info.wait.for`, such as `pool` or `event-loop`; empty if there is none. */
  readonly for: string
  /** The pool of the first point. All points waited for a pool with the same number and the same size. */
  readonly pool?: WaitedPool | undefined
  /** The time in which at least one point waited, in microseconds. */
  readonly totalUs: number
}

/**
 * Returns what a point waited for, or `undefined` if it did not wait. A point waits if its name is `wait`, or if it has
 * `info.wait.for`: `withTrace('wait', { wait: { for: 'pool' } }, () => pool.connect())`. Known values are `pool` (a
 * connection from a pool) and `event-loop` (the process was busy with something else).
 */
export function readWait(node: ReportNode): string | undefined {
  // The stop record takes precedence. For example, a point may start to wait for a new connection, but then get a
  // connection that was returned to the pool.
  const found = readText(node.stop, 'info', 'wait', 'for') ?? readText(node.start, 'info', 'wait', 'for')
  return found ?? (node.name === 'wait' ? '' : undefined)
}

/** Returns the pool for which a point waited, or `undefined` if it waited for something else. */
export function readPool(node: ReportNode): WaitedPool | undefined {
  if (readWait(node) !== 'pool') return undefined
  const readCount = (member: string): number | undefined => {
    const count = readNumber(node.start, 'info', 'wait', member)
    return Number.isSafeInteger(count) && Number(count) >= 0 ? count : undefined
  }
  return { id: readCount('pool'), max: readCount('max') || undefined, waiting: readCount('waiting') }
}

/**
 * Returns the waits in a trace, grouped by service, cause and pool, longest first. Points without a start or a stop are
 * left out.
 */
export function findWaiting(report: Report): Waiting[] {
  const waits = report.points.filter(node => node.durationUs !== undefined && readWait(node) !== undefined)
  const keyOf = (node: ReportNode): string => {
    const { id, max } = readPool(node) ?? {}
    return JSON.stringify([node.service, readWait(node), id, max])
  }
  return [...groupBy(waits, keyOf).values()]
    .map(nodes => ({
      nodes,
      for: nodes[0] === undefined ? '' : (readWait(nodes[0]) ?? ''),
      pool: nodes[0] && readPool(nodes[0]),
      totalUs: unionUs(nodes.map(toInterval)),
    }))
    .sort((a, b) => b.totalUs - a.totalUs)
}
