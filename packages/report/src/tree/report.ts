import type { TraceRecord } from '@osprofiler/core'

/**
 * A defect of a point's records. A point without marks was recorded correctly.
 *
 * - `unfinished`: the point has a start but no stop; its end is unknown
 * - `no-start`: the point has a stop but no start; its beginning is unknown
 * - `stop-before-start`: the point's stop is earlier than its start
 * - `bad-time`: a record's timestamp cannot be read
 * - `malformed`: a record lacks a field, or has one of a wrong type
 * - `no-id`: the point's only record has no `trace_id`; `traceId` is generated
 * - `orphan`: the point's parent is not in the trace, so the point is at the top
 * - `self-parent`: the point names itself as its parent, so it is at the top
 * - `cycle`: the point is its own ancestor through other points; the earliest point of the cycle is at the top
 * - `duplicate`: a record arrived more than once
 * - `several-starts`, `several-stops`: the point has different starts or stops; the earliest start and the latest stop
 *   are used
 * - `mixed`: the point's records differ in name or parent; the start's name and parent are used
 * - `other-trace`: the point's `base_id` differs from the report's
 */
export type Mark =
  | 'unfinished'
  | 'no-start'
  | 'stop-before-start'
  | 'bad-time'
  | 'malformed'
  | 'no-id'
  | 'orphan'
  | 'self-parent'
  | 'cycle'
  | 'duplicate'
  | 'several-starts'
  | 'several-stops'
  | 'mixed'
  | 'other-trace'

/** A trace point in a report. All times are whole microseconds since the trace's first record. */
export interface ReportNode {
  /** The records' name without `-start` or `-stop`. */
  readonly name: string
  readonly traceId: string
  readonly parentId: string | undefined
  readonly project: string | undefined
  readonly service: string | undefined
  readonly host: string | undefined
  /**
   * `startedUs` is `undefined` if no start with a readable time was recorded. `finishedUs` is `undefined` if there is
   * no such stop.
   */
  readonly startedUs: number | undefined
  readonly finishedUs: number | undefined
  /** `undefined` if the start or the stop is unknown; 0 if the stop is earlier than the start. */
  readonly durationUs: number | undefined
  /** `start` and `stop` are the unvalidated records: fields may be missing, or may have other types than declared. */
  readonly start: TraceRecord | undefined
  readonly stop: TraceRecord | undefined
  /** The point's other records, which duplicate or contradict `start` or `stop`. */
  readonly otherRecords: readonly TraceRecord[]
  /** The exception's type (`info.etype` of the stop). */
  readonly exception: string | undefined
  /** Whether the point ended with an exception or with a status of 500 or more. */
  readonly failed: boolean
  readonly marks: readonly Mark[]
  /** The level in the tree; 0 at the top. */
  readonly depth: number
  /** Sorted by start. */
  readonly children: readonly ReportNode[]
}

/** The tree of a trace, from `buildReport`. */
export interface Report {
  /** The `base_id` that most records have; `undefined` if no record has one. */
  readonly baseId: string | undefined
  /** The earliest recorded timestamp, from which all times in the report are counted. */
  readonly startedAt: string | undefined
  /** The time from the first record to the last; `undefined` if no record has a readable time. */
  readonly durationUs: number | undefined
  readonly lastStartedUs: number | undefined
  /** The points at the top, sorted by start. */
  readonly roots: readonly ReportNode[]
  /** Every point, parents before children. A loop over this list replaces recursion, which could overflow the stack. */
  readonly points: readonly ReportNode[]
  /**
   * The points that contain the accounts of requests (`info.why`); absent if there are none. They are not steps of the
   * trace, so `roots` and `points` do not include them. `readAccounts` reads them.
   */
  readonly accounts?: readonly ReportNode[] | undefined
  /** How many entries of the file or store are not shown because they contain no record; absent if there are none. */
  readonly leftOut?: number | undefined
}
