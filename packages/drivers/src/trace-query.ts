import type { TraceQuery } from '@osprofiler/core'

/** A `TraceQuery` with its defaults, `since` in the form of a record's timestamp. */
export interface Selection {
  readonly limit: number
  readonly since: string
}

/** Reads a query. A limit that is no whole number, or a date that is none, is a `TypeError`. */
export function readQuery(query: TraceQuery = {}): Selection {
  const { limit = 100, since } = query
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0)) {
    throw new TypeError(`limit is a whole number from 0 on, or Infinity; this is ${String(limit)}.`)
  }
  if (since !== undefined && !(since instanceof Date && !Number.isNaN(since.getTime()))) {
    throw new TypeError('since is a valid Date.')
  }
  return { limit, since: since === undefined ? '' : toTimestamp(since) }
}

/** A date as a record's timestamp, so that the two compare as text. */
export function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000`
}
