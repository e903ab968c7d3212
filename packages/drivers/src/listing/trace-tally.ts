import { isErrorRecord, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { latestBelievedTime } from './latest-believed-time.js'
import { isSelected, type Selection } from './trace-query.js'

/** Sums up a trace while its records pass by. */
export interface TraceTally {
  add(record: TraceRecord): void
  /** The timestamp of the youngest record, those from beyond tomorrow aside; `''` as long as there was none. */
  readonly newest: string
  /** Whether a record told of a failure. */
  readonly failed: boolean
  /** Undefined as long as there was no record. */
  readonly summary: TraceSummary | undefined
}

/** Starts a tally. Which record is the first, its timestamp says, and of equals the order in which they came. */
export function createTally(): TraceTally {
  const latest = latestBelievedTime()
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

/** The tally of some records of one trace. */
export function tallyOf(records: Iterable<TraceRecord>): TraceTally {
  const tally = createTally()
  for (const record of records) tally.add(record)
  return tally
}

/** Adds a record to the tally of its trace, which is started where there is none. */
export function addToTally(tallies: Map<string, TraceTally>, record: TraceRecord): void {
  const tally = tallies.get(record.base_id) ?? createTally()
  tallies.set(record.base_id, tally)
  tally.add(record)
}

/** What a list shows of the traces that a query asks for, in any order; only of those in which something failed, or of all. */
export function selectTraces(tallies: Iterable<TraceTally>, selection: Selection, failed: boolean): TraceSummary[] {
  return [...tallies].flatMap(tally => {
    const { summary } = tally
    return summary !== undefined && isSelected(summary, selection) && (tally.failed || !failed) ? [summary] : []
  })
}

/** What a list shows of a trace, by its first record. */
export function toSummary(
  first: Pick<TraceRecord, 'base_id' | 'timestamp' | 'name' | 'project' | 'service'>,
  records: number,
): TraceSummary {
  const { base_id, timestamp, name, project, service } = first
  return { base_id, timestamp, name: toPointName(name), project, service, records }
}

/** A record's name without what says which end of a point it is. */
export function toPointName(name: string): string {
  return name.replace(/-(?:start|stop)$/, '')
}

/** Sorts traces, the newest first. Those that say that they come from beyond tomorrow come last. */
export function sortNewestFirst<Trace extends Pick<TraceSummary, 'timestamp'>>(traces: Trace[]): Trace[] {
  const latest = latestBelievedTime()
  return traces.sort((one, other) => {
    if (one.timestamp === other.timestamp) return 0
    const isBelieved = one.timestamp <= latest
    if (isBelieved !== other.timestamp <= latest) return isBelieved ? -1 : 1
    return one.timestamp < other.timestamp ? 1 : -1
  })
}
