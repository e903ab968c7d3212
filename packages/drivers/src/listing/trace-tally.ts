import { isErrorRecord, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { getLatestPlausibleTimestamp } from './latest-plausible-timestamp.js'
import { isSelected, type Selection } from './trace-query.js'

/** Summarizes a trace, record by record. */
export interface TraceTally {
  add(record: TraceRecord): void
  /** The timestamp of the newest record dated no later than tomorrow, or `''` if there is no such record. */
  readonly newest: string
  readonly failed: boolean
  readonly summary: TraceSummary | undefined
}

/**
 * Creates an empty tally. The record with the oldest timestamp becomes the first record of the trace. If several
 * records have this timestamp, the record that was added first becomes the first record.
 */
export function createTally(): TraceTally {
  const latest = getLatestPlausibleTimestamp()
  let first: TraceRecord | undefined
  let records = 0
  let newest = ''
  let failed = false
  return {
    add(record) {
      records++
      if (record.timestamp > newest && record.timestamp <= latest) newest = record.timestamp
      failed ||= isErrorRecord(record)
      if (first === undefined || record.timestamp < first.timestamp) first = record
    },
    get newest() {
      return newest
    },
    get failed() {
      return failed
    },
    get summary() {
      return first === undefined ? undefined : toSummary(first, records)
    },
  }
}

/** Summarizes records that all belong to one trace. */
export function tallyRecords(records: Iterable<TraceRecord>): TraceTally {
  const tally = createTally()
  for (const record of records) tally.add(record)
  return tally
}

/** Adds a record to the tally of its trace. Starts a tally for a new trace. */
export function addToTally(tallies: Map<string, TraceTally>, record: TraceRecord): void {
  const tally = tallies.get(record.base_id) ?? createTally()
  tallies.set(record.base_id, tally)
  tally.add(record)
}

/** Returns summaries of the traces that match a query, in any order. With `failedOnly`, returns only failed traces. */
export function selectTraces(tallies: Iterable<TraceTally>, selection: Selection, failedOnly: boolean): TraceSummary[] {
  return [...tallies].flatMap(tally => {
    const { summary } = tally
    return summary !== undefined && isSelected(summary, selection) && (tally.failed || !failedOnly) ? [summary] : []
  })
}

/** Creates a trace's entry in a list. The name of the first record's point becomes the name of the trace. */
export function toSummary(
  first: Pick<TraceRecord, 'base_id' | 'timestamp' | 'name' | 'project' | 'service'>,
  records: number,
): TraceSummary {
  const { base_id, timestamp, name, project, service } = first
  return { base_id, timestamp, name: toPointName(name), project, service, records }
}

/** Returns a record's name without `-start` or `-stop`. */
export function toPointName(name: string): string {
  return name.replace(/-(?:start|stop)$/, '')
}

/** Sorts traces in place, the newest first. Traces dated later than tomorrow come last. */
export function sortNewestFirst<Trace extends Pick<TraceSummary, 'timestamp'>>(traces: Trace[]): Trace[] {
  const latest = getLatestPlausibleTimestamp()
  return traces.sort((one, other) => {
    if (one.timestamp === other.timestamp) return 0
    const isPlausible = one.timestamp <= latest
    if (isPlausible !== other.timestamp <= latest) return isPlausible ? -1 : 1
    return one.timestamp < other.timestamp ? 1 : -1
  })
}
