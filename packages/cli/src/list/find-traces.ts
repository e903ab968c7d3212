import type { Driver, TraceQuery, TraceSummary } from '@osprofiler/core'
import { createTimeRank, formatCount, hasStatus, recordedNames, type StoredTraceDescription } from '@osprofiler/report'
import { describeStored } from '@osprofiler/report/toolkit'
import { showProgress } from '../output/progress.js'
import { readable, type StoreOptions } from '../store/open-store.js'

/** The options of `trace list`. */
export interface ListOptions extends StoreOptions {
  readonly errorTrace?: boolean
  readonly limit: number
  readonly since?: Date
  readonly name?: string
  readonly service?: string
  readonly slowest?: boolean
  /** `404`, `5xx`, `error` */
  readonly status?: string
  readonly minMs?: number
  /** How many traces are looked through for the three above. */
  readonly search: number
  readonly json?: boolean
}

/** A trace of a list. */
export interface FoundTrace {
  readonly summary: TraceSummary
  /** `undefined` where its records could not be read. */
  readonly description: StoredTraceDescription | undefined
}

/** What was found, and how far the search went. */
export interface FoundTraces {
  readonly traces: readonly FoundTrace[]
  /** How many traces were read to see whether they match; `undefined` where the store alone chose. */
  readonly searched: number | undefined
  /** Whether the store holds more traces that match. */
  readonly hasMore: boolean
  /** Whether older traces were not looked at, because so many were to be searched. */
  readonly isCutShort: boolean
  /** Traces whose duration or outcome was asked for, and which are too large to be read for that. */
  readonly tooLarge: readonly FoundTrace[]
}

/** So many traces are read at once. */
const AT_ONCE = 8

/** The traces that the options ask for, each with what it did. */
export async function findTraces(driver: Driver, options: ListOptions): Promise<FoundTraces> {
  const { limit, search, slowest = false, status, minMs } = options
  const isSearch = slowest || status !== undefined || minMs !== undefined
  const wanted = isSearch ? search : limit
  showProgress('Listing the traces')
  // One more tells whether there are more.
  const listed = await listSummaries(driver, options, wanted + 1)
  const candidates = listed.slice(0, wanted)
  const found: FoundTrace[] = []
  const tooLarge: FoundTrace[] = []

  for (let from = 0; from < candidates.length; from += AT_ONCE) {
    showProgress(`Reading the traces: ${formatCount(from)} of ${formatCount(candidates.length)}`)
    const batch = candidates.slice(from, from + AT_ONCE)
    for (const trace of await Promise.all(batch.map(summary => read(driver, summary)))) {
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

/** People may mean by a name what is called otherwise on the wire. */
async function listSummaries(driver: Driver, options: ListOptions, limit: number): Promise<readonly TraceSummary[]> {
  const { errorTrace = false, since, name, service } = options
  const list = readable(driver, errorTrace ? 'listErrorTraces' : 'listTraces')
  const query: TraceQuery = { limit, since, service }
  if (name === undefined) return await list(query)
  const lists = await Promise.all(recordedNames(name).map(recorded => list({ ...query, name: recorded })))
  const rank = createTimeRank()
  const ranked = lists.flat().map(summary => ({ summary, rank: rank(summary.timestamp) }))
  ranked.sort((a, b) => (a.rank === b.rank ? 0 : a.rank < b.rank ? 1 : -1))
  return ranked.slice(0, limit).map(({ summary }) => summary)
}

async function read(driver: Driver, summary: TraceSummary): Promise<FoundTrace> {
  return { summary, description: await describeStored(driver, summary) }
}

function matches({ description }: FoundTrace, status: string | undefined, minMs: number | undefined): boolean {
  if (minMs !== undefined && !((description?.durationUs ?? -1) >= minMs * 1_000)) return false
  return status === undefined || (description !== undefined && hasStatus(description, status))
}

/** A trace that has not ended comes last. */
function durationOf({ description }: FoundTrace): number {
  return description?.durationUs ?? -1
}
