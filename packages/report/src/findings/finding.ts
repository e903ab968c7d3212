import type { CauseKind } from '../tree/account.js'
import type { ReportNode } from '../tree/report.js'

/**
 * The kinds of findings in a trace.
 *
 * - `repeated`: siblings that do the same thing (N+1)
 * - `retried`: requests that were sent again after a failure, and the pauses between the tries
 * - `slow`: much time that a point spent itself, not in its children
 * - `gap`: much time that a point spent itself, most of it in one interval in which nothing was recorded
 * - `connecting`: requests that waited for a new connection
 * - `body`: time from the first byte of a response to its last byte
 * - `hop`: time between a caller and its callee, spent in the network, in queues, or on reading bodies
 * - `waiting`: points that waited, for example for a connection from a pool or for the event loop
 * - `queued`: messages that waited in a queue until a consumer took them
 * - `cpu`, `sync`, `gc`, `short`, `native`, `osprofiler`: self time of points in which code ran, according to the
 *   account of the request (`info.why`)
 * - `wait`, `pool`, `held`, `either`: self time of points in which the request waited, according to the account
 * - `late`: work that went on after a request was answered
 * - `serial`: reads that ran one after another, but might be able to run in parallel
 * - `critical`: how the critical path divides among the services
 * - `failed`: a point that failed without a failed point below it
 * - `unfinished`: points that have a start but no stop
 * - `omitted`: points that a service counted but did not record, because they were over its limit
 * - `dropped`: records that are known to be lost
 * - `missing`: points that a service counted in a request, but that are not in the trace
 * - `unrecorded`: a service whose queries are not recorded, although they could be
 * - `silent`: calls to a service that answered, but recorded nothing
 * - `skew`: hosts whose clocks differ
 * - `irregular`: points whose records are missing, contradictory or broken
 * - `hint`: how to record more where a `slow` or `gap` finding cannot explain the time
 */
export type FindingKind =
  | 'repeated'
  | 'retried'
  | 'slow'
  | 'gap'
  | 'connecting'
  | 'body'
  | 'hop'
  | 'waiting'
  | 'queued'
  | Exclude<CauseKind, 'unknown'>
  | 'late'
  | 'serial'
  | 'critical'
  | 'failed'
  | 'unfinished'
  | 'omitted'
  | 'dropped'
  | 'missing'
  | 'unrecorded'
  | 'silent'
  | 'skew'
  | 'irregular'
  | 'hint'

/** Something notable in a trace, with the points that it is about. */
export interface Finding {
  readonly kind: FindingKind
  /** The finding in words. Not escaped: pass it through `escapeControl` before printing. */
  readonly sentence: string
  readonly traceIds: readonly string[]
  /**
   * The number of points that the finding is about. For `omitted`, `missing` and `dropped`, the number of points or
   * records that are missing.
   */
  readonly count: number
  /** Time in microseconds; for `serial`, the time that might be saved. `undefined` if the finding is not about time. */
  readonly totalUs: number | undefined
  /**
   * `totalUs` as a share, from 0 to 1, of the time until the answer. For a finding about work after the answer,
   * `totalUs` as a share of the whole trace's time.
   */
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
