import { asNumber } from '../json/exact-number.js'

/** What a user tells about a point, in its wire shape: JSON values only once it is recorded. */
export type PointInfo = Readonly<Record<string, unknown>>

/**
 * What is sent for a trace point: one record at its start, one at its stop, in the shape that OSProfiler's
 * drivers and readers exchange. A record has this shape everywhere, from the notifier to the store.
 */
export interface TraceRecord {
  /** The point's name with `-start` or `-stop` at its end, such as `wsgi-start`. */
  readonly name: string
  /** The trace: the same for everything recorded for one request, in all services. */
  readonly base_id: string
  /** The point in which this one is nested; the trace's `base_id` at the top. */
  readonly parent_id: string
  /** The point. */
  readonly trace_id: string
  /** UTC, `YYYY-MM-DDTHH:MM:SS.ffffff`. */
  readonly timestamp: string
  /** What the user told, and `host`. */
  readonly info: PointInfo
  readonly project: string
  readonly service: string
}

/** Whether a record tells of a failure: an exception, or an answer of 500 or more. */
export function isErrorRecord(record: TraceRecord): boolean {
  const { etype, response } = record.info
  if (etype !== undefined && etype !== null) return true
  const status = (response as { status_code?: unknown } | null | undefined)?.status_code
  return (asNumber(status) ?? 0) >= 500
}
