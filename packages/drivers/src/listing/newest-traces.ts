import type { TraceSummary } from '@osprofiler/core'
import { OsprofilerError } from '@osprofiler/core'
import { performance, Set } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from './latest-plausible-timestamp.js'
import { isSelected, type Selection } from './trace-query.js'

/** The records to read: those up to a timestamp, or those after it. */
export type TimeRange = { readonly upTo: string } | { readonly after: string }

/** Time limit for a store that returns only records of known traces. */
const MAX_NO_PROGRESS_MS = 30_000

/** One page of traces that `collectNewest` reads on its way back in time. */
export interface TracePage {
  /** The traces of the records on this page. Some may be known already. */
  readonly baseIds: Iterable<string>
  /** A timestamp. No trace on a later page is newer. */
  readonly reached: string
}

/** The part of a store that `collectNewest` needs: pages of trace ids, and the summaries of these traces. */
export interface TraceSource {
  /** Yields pages from the newest record to the oldest. Stops when the consumer stops. */
  pages(part: TimeRange): AsyncIterable<TracePage>
  summarize(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
}

/**
 * Collects at least the newest traces that match a query. Goes back in time until no older record can belong to a newer
 * trace, so the cost does not depend on the store's size. Reads records dated later than tomorrow last. Throws
 * `ERR_STORE` if the store keeps returning records of known traces.
 */
export async function collectNewest(
  source: TraceSource,
  selection: Selection,
  patienceMs = MAX_NO_PROGRESS_MS,
): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const knownIds = new Set<string>()
  const found: TraceSummary[] = []

  const latest = getLatestPlausibleTimestamp()
  await collect({ upTo: latest })
  if (found.length < limit) await collect({ after: latest })
  return found

  async function collect(part: TimeRange): Promise<void> {
    let progressAt = performance.now()
    for await (const { baseIds, reached } of source.pages(part)) {
      const fresh = [...new Set(baseIds)].filter(baseId => !knownIds.has(baseId))
      for (const baseId of fresh) knownIds.add(baseId)
      const summaries = fresh.length === 0 ? [] : await source.summarize(fresh)
      found.push(...summaries.filter(summary => isSelected(summary, selection)))
      if (reached < since || countBefore(reached) >= limit) break
      if (fresh.length > 0) progressAt = performance.now()
      else if (performance.now() - progressAt > patienceMs) throw createNoProgressError(patienceMs)
    }
  }

  /** Counts the traces that come before a trace with this timestamp in a list. */
  function countBefore(reached: string): number {
    const isImplausible = reached > latest
    return found.filter(({ timestamp }) =>
      timestamp <= latest ? isImplausible || timestamp >= reached : isImplausible && timestamp >= reached,
    ).length
  }
}

/** Converts records, which must be sorted from the newest to the oldest, to a page. */
export function toTracePage(records: readonly { readonly base_id: string; readonly timestamp: string }[]): TracePage {
  return { baseIds: records.map(({ base_id }) => base_id), reached: records.at(-1)?.timestamp ?? '' }
}

function createNoProgressError(patienceMs: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `The store returned no new trace within ${patienceMs / 1_000} s. Ask for fewer or newer traces.`,
  )
}
