import type { ReportNode } from '../tree/report.js'

/**
 * What stands out in a trace.
 *
 * - `repeated`: siblings that do the same thing (N+1)
 * - `slow`: a point's own time, not spent in its children
 * - `gap`: a point's own time that is nearly all in one stretch in which nothing was recorded
 * - `hop`: time between a caller and its callee: the network, queues, bodies
 * - `waiting`: points that say that they waited, for a connection of a pool or the event loop
 * - `serial`: reads that ran one after another and perhaps need not have
 * - `critical`: how the critical path divides among the services
 * - `failed`: a point that failed by itself, not because a point below it did
 * - `unfinished`: points whose end is unknown
 * - `omitted`: points that a service counted and did not record, over its limit
 * - `dropped`: records that are known to have been lost
 * - `unrecorded`: a service whose queries are not recorded, though they could be
 * - `silent`: calls that were answered by a service that recorded nothing
 * - `skew`: hosts whose clocks differ
 * - `irregular`: points whose records are missing, contradictory or broken
 */
export type FindingKind =
  | 'repeated'
  | 'slow'
  | 'gap'
  | 'hop'
  | 'waiting'
  | 'serial'
  | 'critical'
  | 'failed'
  | 'unfinished'
  | 'omitted'
  | 'dropped'
  | 'unrecorded'
  | 'silent'
  | 'skew'
  | 'irregular'

/** One thing that stands out in a trace, with the points that it is about. */
export interface Finding {
  readonly kind: FindingKind
  /** In words. It quotes the records as they are: pass it through `escapeControl` before a terminal sees it. */
  readonly sentence: string
  readonly traceIds: readonly string[]
  /** How many points it is about, or of what is not there (`omitted` points, `dropped` records), how many. */
  readonly count: number
  /** The time it is about, in microseconds, or of `serial` work, what might be saved; `undefined` where it is not about time. */
  readonly totalUs: number | undefined
  /** Of the trace's whole duration: 0 to 1. */
  readonly share: number | undefined
}

/** A finding that is not about time. */
export function aboutPoints(kind: FindingKind, nodes: readonly ReportNode[], sentence: string): Finding {
  return {
    kind,
    sentence,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs: undefined,
    share: undefined,
  }
}
