import type { TraceSummary } from '@osprofiler/core'
import { Set } from '@osprofiler/core/toolkit'
import { isSelected, type Selection } from './trace-query.js'
import { newestFirst } from './trace-tally.js'

/** Where a record stands in the list of all. */
export interface RecordPlace {
  readonly base_id: string
  readonly timestamp: string
}

/** A store of which the newest traces are wanted. */
export interface TraceSource {
  /** The records that count, from the newest back, in pages. Ends early when its consumer does. */
  readonly pages: AsyncIterable<readonly RecordPlace[]>
  /** What a list shows of some traces, each of which has a record. */
  summarise(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
}

/**
 * The newest traces that a query asks for, found by going back in time over the records until none that is older can
 * belong to a newer trace: the cost is that of the newest traces, however many there are.
 */
export async function collectNewest(source: TraceSource, selection: Selection): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const met = new Set<string>()
  const found: TraceSummary[] = []
  if (limit === 0) return found

  for await (const page of source.pages) {
    const fresh = [...new Set(page.map(({ base_id }) => base_id))].filter(baseId => !met.has(baseId))
    for (const baseId of fresh) met.add(baseId)
    const summaries = fresh.length === 0 ? [] : await source.summarise(fresh)
    found.push(...summaries.filter(summary => isSelected(summary, selection)))
    const reached = page.at(-1)?.timestamp ?? ''
    if (reached < since || countSince(found, reached) >= limit) break
  }
  return found.sort(newestFirst).slice(0, limit)
}

function countSince(traces: readonly TraceSummary[], timestamp: string): number {
  let count = 0
  for (const trace of traces) if (trace.timestamp >= timestamp) count++
  return count
}
