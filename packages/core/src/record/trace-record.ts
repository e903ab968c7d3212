import { asNumber } from '../json/exact-number.js'

/** Info about a point, as the application passes it. Once recorded, it contains only JSON values. */
export type PointInfo = Readonly<Record<string, unknown>>

/**
 * The record of a point's start or stop, which the notifier passes to the store. The record has the shape that
 * OSProfiler's drivers and readers expect.
 */
export interface TraceRecord {
  /** The point's name, followed by `-start` or `-stop`, such as `wsgi-start`. */
  readonly name: string
  /** Id of the trace. All records of one request have this id, in all services. */
  readonly base_id: string
  /** Id of the enclosing point, or the trace's `base_id` if no point encloses this one. */
  readonly parent_id: string
  /** Id of the point. */
  readonly trace_id: string
  /** UTC, `YYYY-MM-DDTHH:MM:SS.ffffff`. */
  readonly timestamp: string
  /** The application's info, plus `host`. */
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
