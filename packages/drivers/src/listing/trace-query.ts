import type { TraceQuery, TraceSummary } from '@osprofiler/core'
import { Date, Math, Number, String, TypeError, types } from '@osprofiler/core/toolkit'

/** A `TraceQuery` with defaults filled in, and with `since` converted to a record's timestamp. */
export interface Selection {
  readonly limit: number
  readonly since: string
  readonly name: string | undefined
  readonly service: string | undefined
}

/** The earliest and the latest time that a record's timestamp can express. */
const MIN_TIME_MS = Date.parse('0000-01-01T00:00:00.000Z')
const MAX_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** Validates a query. Throws a `TypeError` for an invalid limit, date, name or service. */
export function readQuery(query: TraceQuery = {}): Selection {
  const { limit = 100, since, name, service } = query
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0)) {
    throw new TypeError(`limit must be a whole number of at least 0, or Infinity, not ${String(limit)}.`)
  }
  if (since !== undefined && !(types.isDate(since) && !Number.isNaN(since.getTime()))) {
    throw new TypeError('since must be a valid Date.')
  }
  for (const text of [name, service]) {
    if (text !== undefined && typeof text !== 'string') throw new TypeError('name and service must be strings.')
  }
  return { limit, since: since === undefined ? '' : toTimestamp(since.getTime()), name, service }
}

/** Returns whether a trace matches a query, regardless of the query's limit. */
export function isSelected(trace: TraceSummary, { since, name, service }: Omit<Selection, 'limit'>): boolean {
  return (
    trace.timestamp >= since &&
    (name === undefined || trace.name === name) &&
    (service === undefined || trace.service === service)
  )
}

/** Formats a pruning time as a record's timestamp. Throws a `TypeError` for an invalid date. */
export function toPruneTimestamp(before: Date): string {
  if (types.isDate(before) && !Number.isNaN(before.getTime())) return toTimestamp(before.getTime())
  throw new TypeError('before must be a valid Date.')
}

/**
 * Formats a time, in milliseconds since 1970, as a record's timestamp. Timestamps can be compared as strings. Years are
 * limited to the range from 0 to 9999, because ISO strings of other years begin with a sign.
 */
export function toTimestamp(ms: number): string {
  const time = new Date(Math.min(Math.max(ms, MIN_TIME_MS), MAX_TIME_MS))
  return `${time.toISOString().slice(0, -1)}000`
}
