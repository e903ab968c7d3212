import { asNumber } from '../json/exact-number.js'

/** Info about a point in its wire shape, as the user passes it. Once recorded, it holds only JSON values. */
export type PointInfo = Readonly<Record<string, unknown>>

/** Record of a point's start or stop, in the shape of OSProfiler's drivers and readers, from notifier to store. */
export interface TraceRecord {
  /** The point's name with `-start` or `-stop` at its end, such as `wsgi-start`. */
  readonly name: string
  /** Id of the trace, which all records of one request share, in all services. */
  readonly base_id: string
  /** Id of the enclosing point, or the trace's `base_id` at the top. */
  readonly parent_id: string
  /** Id of the point. */
  readonly trace_id: string
  /** UTC, `YYYY-MM-DDTHH:MM:SS.ffffff`. */
  readonly timestamp: string
  /** The user's info, and `host`. */
  readonly info: PointInfo
  readonly project: string
  readonly service: string
}

/** Returns whether a record reports a failure: an exception, or a response status of 500 or more. */
export function isErrorRecord(record: TraceRecord): boolean {
  const { etype, response } = record.info
  if (etype !== undefined && etype !== null) return true
  const status = (response as { status_code?: unknown } | null | undefined)?.status_code
  return (asNumber(status) ?? 0) >= 500
}
