import type { TraceQuery, TraceSummary } from '@osprofiler/core'
import { Number, String, TypeError, types } from '@osprofiler/core/toolkit'

/** A `TraceQuery` with its defaults, and with `since` as a record's timestamp. */
export interface Selection {
  readonly limit: number
  readonly since: string
  readonly name: string | undefined
  readonly service: string | undefined
}

/** Reads a query. Throws a `TypeError` for a limit, a date, a name or a service that is not valid. */
export function readQuery(query: TraceQuery = {}): Selection {
  const { limit = 100, since, name, service } = query
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0)) {
    throw new TypeError(`limit is a whole number from 0 on, or Infinity; this is ${String(limit)}.`)
  }
  if (since !== undefined && !(types.isDate(since) && !Number.isNaN(since.getTime()))) {
    throw new TypeError('since is a valid Date.')
  }
  for (const text of [name, service]) {
    if (text !== undefined && typeof text !== 'string') throw new TypeError('name and service are texts.')
  }
  return { limit, since: since === undefined ? '' : toTimestamp(since), name, service }
}

/** Returns whether a query asks for a trace, apart from its limit. */
export function isSelected(trace: TraceSummary, { since, name, service }: Omit<Selection, 'limit'>): boolean {
  return (
    trace.timestamp >= since &&
    (name === undefined || trace.name === name) &&
    (service === undefined || trace.service === service)
  )
}

/** Formats a pruning time as a record's timestamp. Throws a `TypeError` for an invalid date. */
export function readBefore(before: Date): string {
  if (types.isDate(before) && !Number.isNaN(before.getTime())) return toTimestamp(before)
  throw new TypeError('before is a valid Date.')
}

/** Formats a date as a record's timestamp, so that the two compare as text. */
export function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000`
}
