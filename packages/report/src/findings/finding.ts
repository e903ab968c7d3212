import type { ReportNode } from '../tree/report.js'

/**
 * The kinds of findings in a trace.
 *
 * - `repeated`: siblings that do the same thing (N+1)
 * - `retried`: requests that were tried again after a failure, and the pauses between the tries
 * - `slow`: a point's own time, not spent in its children
 * - `gap`: a point's own time that is nearly all in one stretch in which nothing was recorded
 * - `hop`: time between a caller and its callee: the network, queues, bodies
 * - `waiting`: points that waited for a connection of a pool or for the event loop
 * - `serial`: reads that ran one after another, perhaps without need
 * - `critical`: how the critical path divides among the services
 * - `failed`: a point that failed by itself, not because a point below it did
 * - `unfinished`: points whose end is unknown
 * - `omitted`: points that a service counted but did not record, over its limit
 * - `dropped`: records that are known to be lost
 * - `unrecorded`: a service whose queries are not recorded, though they could be
 * - `silent`: calls that were answered by a service that recorded nothing
 * - `skew`: hosts whose clocks differ
 * - `irregular`: points whose records are missing, contradictory or broken
 */
export type FindingKind =
  | 'repeated'
  | 'retried'
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
  /** The finding in words. Not escaped: pass it through `escapeControl` before printing. */
  readonly sentence: string
  readonly traceIds: readonly string[]
  /** How many points the finding is about; for `omitted` points and `dropped` records, how many are missing. */
  readonly count: number
  /** Time in microseconds; for `serial`, what might be saved. `undefined` if the finding is not about time. */
  readonly totalUs: number | undefined
  /** The share of the trace's duration: 0 to 1. */
  readonly share: number | undefined
}

/** Creates a finding that is about points and not about time. */
export function createFinding(kind: FindingKind, nodes: readonly ReportNode[], sentence: string): Finding {
  return {
    kind,
    sentence,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs: undefined,
    share: undefined,
  }
}
