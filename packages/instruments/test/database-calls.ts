import type { TraceRecord } from '@osprofiler/core'

/** The parts of a database point that the tests check: the statement, its parameters and the error. */
export interface DatabaseCall {
  readonly statement: unknown
  readonly params?: unknown
  readonly etype?: unknown
  readonly message?: unknown
}

/** Returns the `db` points in these records, in the order in which they started. */
export function databaseCalls(records: readonly TraceRecord[]): DatabaseCall[] {
  return records
    .filter(({ name }) => name === 'db-start')
    .map(({ info, trace_id }) => {
      const stop = records.find(record => record.trace_id === trace_id && record.name === 'db-stop')
      if (stop === undefined) throw new Error(`${JSON.stringify(info.db)} never stopped`)
      const { statement, params } = info.db as { statement: unknown; params?: unknown }
      const { etype, message } = stop.info
      return { statement, ...(params === undefined ? {} : { params }), ...(etype ? { etype, message } : {}) }
    })
}

/** Returns the reason for each recorded wait, such as `pool`. */
export function waits(records: readonly TraceRecord[]): unknown[] {
  const starts = records.filter(({ name }) => name === 'wait-start')
  const stops = records.filter(({ name }) => name === 'wait-stop')
  if (starts.length !== stops.length) throw new Error('A wait never stopped')
  const awaited = (record: TraceRecord | undefined) => (record?.info.wait as { for: unknown } | undefined)?.for
  // If the stop record contains a reason, it is more accurate than the reason in the start record.
  return starts.map(start => awaited(stops.find(stop => stop.trace_id === start.trace_id)) ?? awaited(start))
}
