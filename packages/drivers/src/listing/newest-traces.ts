import type { TraceSummary } from '@osprofiler/core'
import { OsprofilerError } from '@osprofiler/core'
import { performance, Set } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from './latest-plausible-timestamp.js'
import { isSelected, type Selection } from './trace-query.js'

/** The part of the store to read: all records up to a timestamp, or all records after a timestamp. */
export type TimeRange = { readonly upTo: string } | { readonly after: string }

/** Time limit for reading consecutive pages on which there are only traces that were already on earlier pages. */
const MAX_NO_PROGRESS_MS = 30_000

/** A page of traces. `collectNewest` reads pages from the newest traces to the oldest. */
export interface TracePage {
  /** The ids of the traces on this page. Earlier pages may contain the same ids. */
  readonly baseIds: Iterable<string>
  /**
   * An upper limit for the timestamps on later pages. A trace that is on none of the pages so far has this timestamp or
   * an earlier timestamp.
   */
  readonly reached: string
}

/** The part of a store that `collectNewest` needs: pages of trace ids, and the summaries of these traces. */
export interface TraceSource {
  /** Yields pages from the newest traces to the oldest. Stops when the consumer stops. */
  pages(part: TimeRange): AsyncIterable<TracePage>
  summarize(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
}

/**
 * Collects the newest traces that match a query, and possibly some older traces. Reads pages from the newest traces to
 * the oldest. Stops when the remaining pages cannot contain a trace that is newer than the found traces. Therefore the
 * cost does not depend on the store's size. Records dated later than tomorrow are read last, because their timestamps
 * must be wrong. Throws `ERR_STORE` if the store returns no new trace for `patienceMs`.
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

  /** Counts the found traces that would precede a trace with the timestamp `reached` in a list. */
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
