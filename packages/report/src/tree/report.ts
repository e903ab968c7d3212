import type { TraceRecord } from '@osprofiler/core'

/**
 * What is odd about a point. A point with no marks was recorded whole.
 *
 * - `unfinished`: it has a start and no stop; its end is unknown
 * - `no-start`: it has a stop and no start; its beginning is unknown
 * - `stop-before-start`: its stop is earlier than its start
 * - `bad-time`: a record's timestamp cannot be read
 * - `malformed`: a record lacks a field, or has one of a wrong type
 * - `no-id`: its only record has no `trace_id`; `traceId` is made up
 * - `orphan`: its parent is not in the trace; it stands at the top
 * - `self-parent`: it names itself as its parent; it stands at the top
 * - `cycle`: it and others are one another's parents; the earliest of them stands at the top
 * - `duplicate`: a record came more than once
 * - `several-starts`, `several-stops`: different records under one id; the earliest start and the latest stop count
 * - `mixed`: its records differ in name or parent; those of its start count
 * - `other-trace`: its `base_id` is not the report's
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
  /** The records' name without its `-start` or `-stop`. */
  readonly name: string
  readonly traceId: string
  readonly parentId: string | undefined
  readonly project: string | undefined
  readonly service: string | undefined
  readonly host: string | undefined
  /** `undefined` where no readable start was recorded. */
  readonly startedUs: number | undefined
  /** `undefined` where no readable stop was recorded: nobody knows when the point ended. */
  readonly finishedUs: number | undefined
  /** `undefined` where either end is unknown; 0 where the stop is earlier than the start. */
  readonly durationUs: number | undefined
  /** The record as it came. It was never validated: its fields may be missing or of other types than declared. */
  readonly start: TraceRecord | undefined
  /** The record as it came, not validated either. */
  readonly stop: TraceRecord | undefined
  /** Records of this point that are neither its `start` nor its `stop`: duplicates and contradictions. */
  readonly otherRecords: readonly TraceRecord[]
  /** The exception's type (`info.etype` of the stop) where one was recorded. */
  readonly exception: string | undefined
  /** Whether it ended with an exception or with a status of 500 or more. */
  readonly failed: boolean
  readonly marks: readonly Mark[]
  /** 0 at the top. */
  readonly depth: number
  /** In the order of their real starts. */
  readonly children: readonly ReportNode[]
}

/** The tree of a trace, as `buildReport` makes it. */
export interface Report {
  /** The id that most records give as the trace's; `undefined` when there are none. */
  readonly baseId: string | undefined
  /** The earliest timestamp as it was recorded: the zero of all times in the report. */
  readonly startedAt: string | undefined
  /** From the first record to the last; `undefined` when no record has a readable time. */
  readonly durationUs: number | undefined
  /** When the last start was recorded. */
  readonly lastStartedUs: number | undefined
  /** The points at the top, in the order of their starts. */
  readonly roots: readonly ReportNode[]
  /** Every point of the tree, each before its children: walk this, not the tree, and depth cannot overflow a stack. */
  readonly points: readonly ReportNode[]
  /** How many entries of the file or store hold no record and are not shown; absent where everything is in the tree. */
  readonly leftOut?: number | undefined
}
