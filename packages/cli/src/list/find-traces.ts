import type { Driver, TraceQuery, TraceSummary } from '@osprofiler/core'
import { createTimeRank, formatCount, hasStatus, recordedNames, type StoredTraceDescription } from '@osprofiler/report'
import { describeStored } from '@osprofiler/report/toolkit'
import { showProgress } from '../output/progress.js'
import { requireReadMethod, type StoreOptions } from '../store/open-store.js'

/** Options of `osprofiler trace list`. */
export interface ListOptions extends StoreOptions {
  readonly errorTrace?: boolean
  readonly limit: number
  readonly since?: Date
  readonly name?: string
  readonly service?: string
  readonly slowest?: boolean
  /** The status of the traces to find: `404`, `5xx` or `error`. */
  readonly status?: string
  readonly minMs?: number
  /** The maximum number of traces to read in a search by `slowest`, `status` or `minMs`. */
  readonly search: number
  readonly json?: boolean
}

/** A trace in a list, with the store's summary and a description based on its records. */
export interface FoundTrace {
  readonly summary: TraceSummary
  /** `undefined` if the records could not be read. */
  readonly description: StoredTraceDescription | undefined
}

/** The traces that `findTraces` found, and how far the search went. */
export interface FoundTraces {
  readonly traces: readonly FoundTrace[]
  /** How many traces were read to check whether they match. `undefined` if the store alone selected the traces. */
  readonly searched: number | undefined
  /** Whether the store contains more traces that match. */
  readonly hasMore: boolean
  /** Whether the search reached its limit, so that older traces were not searched. */
  readonly isCutShort: boolean
  /** Traces that a search left out, because they are too large to determine their duration or outcome. */
  readonly tooLarge: readonly FoundTrace[]
}

const PARALLEL_READS = 8

/** Finds the traces that match the options, and describes each of them. */
export async function findTraces(driver: Driver, options: ListOptions): Promise<FoundTraces> {
  const { limit, search, slowest = false, status, minMs } = options
  const isSearch = slowest || status !== undefined || minMs !== undefined
  const wanted = isSearch ? search : limit
  showProgress('Listing the traces')
  // Requests one trace more than wanted, to find out whether there are more.
  const listed = await listSummaries(driver, options, wanted + 1)
  const candidates = listed.slice(0, wanted)
  const found: FoundTrace[] = []
  const tooLarge: FoundTrace[] = []

  for (let from = 0; from < candidates.length; from += PARALLEL_READS) {
    showProgress(`Reading the traces: ${formatCount(from)} of ${formatCount(candidates.length)}`)
    const batch = candidates.slice(from, from + PARALLEL_READS)
    for (const trace of await Promise.all(batch.map(summary => describeTrace(driver, summary)))) {
      if (isSearch && trace.description?.isWhole === false) tooLarge.push(trace)
      else if (matches(trace, status, minMs)) found.push(trace)
    }
    if (!slowest && found.length > limit) break
  }
  if (slowest) found.sort((a, b) => durationOf(b) - durationOf(a))
  return {
    traces: found.slice(0, limit),
    searched: isSearch ? candidates.length : undefined,
    hasMore: found.length > limit || (!isSearch && listed.length > limit),
    isCutShort: isSearch && listed.length > wanted && (slowest || found.length <= limit),
    tooLarge,
  }
}

/**
 * Lists traces. The user's `name` may stand for several names in records: for example, the records of a `request`
 * usually contain the name `wsgi`. If so, lists the traces for each of these names, and merges the lists.
 */
async function listSummaries(driver: Driver, options: ListOptions, limit: number): Promise<readonly TraceSummary[]> {
  const { errorTrace = false, since, name, service } = options
  const list = requireReadMethod(driver, errorTrace ? 'listErrorTraces' : 'listTraces')
  const query: TraceQuery = { limit, since, service }
  if (name === undefined) return await list(query)
  const lists = await Promise.all(recordedNames(name).map(recorded => list({ ...query, name: recorded })))
  const rank = createTimeRank()
  const ranked = lists.flat().map(summary => ({ summary, rank: rank(summary.timestamp) }))
  ranked.sort((a, b) => (a.rank === b.rank ? 0 : a.rank < b.rank ? 1 : -1))
  return ranked.slice(0, limit).map(({ summary }) => summary)
}

async function describeTrace(driver: Driver, summary: TraceSummary): Promise<FoundTrace> {
  return { summary, description: await describeStored(driver, summary) }
}

function matches({ description }: FoundTrace, status: string | undefined, minMs: number | undefined): boolean {
  if (minMs !== undefined && !((description?.durationUs ?? -1) >= minMs * 1_000)) return false
  return status === undefined || (description !== undefined && hasStatus(description, status))
}

/** Returns the duration of a trace, or -1 if the trace has not ended, so that it is sorted last. */
function durationOf({ description }: FoundTrace): number {
  return description?.durationUs ?? -1
}
