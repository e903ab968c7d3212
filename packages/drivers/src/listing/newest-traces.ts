import type { TraceSummary } from '@osprofiler/core'
import { OsprofilerError } from '@osprofiler/core'
import { performance, Set } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from './latest-believed-time.js'
import { isSelected, type Selection } from './trace-query.js'

/** Records of which times are looked at: up to one, or those after it. */
export type TimePart = { readonly upTo: string } | { readonly after: string }

/** How long a store may hand out records of traces that are known already, in milliseconds. */
const NO_PROGRESS_MS = 30_000

/** A step back in time. */
export interface TracePage {
  /** The traces of the records that count; some may be known already. */
  readonly baseIds: Iterable<string>
  /** A timestamp: no trace that is still to come is newer. */
  readonly reached: string
}

/** A store of which the newest traces are wanted. */
export interface TraceSource {
  /** What there is, from the newest back, in pages. Ends early when its consumer does. */
  pages(part: TimePart): AsyncIterable<TracePage>
  /** What a list shows of some traces, each of which has a record. */
  summarise(baseIds: readonly string[]): Promise<readonly TraceSummary[]>
}

/**
 * The newest traces that a query asks for, at least, found by going back in time over the records until none that is older can
 * belong to a newer trace: the cost is that of the newest traces, however many there are. Records from beyond tomorrow
 * are looked at last.
 *
 * @throws OsprofilerError `ERR_STORE` where the store goes on and on without another trace
 */
export async function collectNewest(
  source: TraceSource,
  selection: Selection,
  patience = NO_PROGRESS_MS,
): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const met = new Set<string>()
  const found: TraceSummary[] = []

  const latest = latestBelievedTime()
  await collect({ upTo: latest })
  if (found.length < limit) await collect({ after: latest })
  return found

  async function collect(part: TimePart): Promise<void> {
    let progressAt = performance.now()
    for await (const { baseIds, reached } of source.pages(part)) {
      const fresh = [...new Set(baseIds)].filter(baseId => !met.has(baseId))
      for (const baseId of fresh) met.add(baseId)
      const summaries = fresh.length === 0 ? [] : await source.summarise(fresh)
      found.push(...summaries.filter(summary => isSelected(summary, selection)))
      if (reached < since || countBefore(reached) >= limit) break
      if (fresh.length > 0) progressAt = performance.now()
      else if (performance.now() - progressAt > patience) throw tooSlow(patience)
    }
  }

  /** How many traces stand before one of that time, in a list. */
  function countBefore(reached: string): number {
    const isLate = reached > latest
    return found.filter(({ timestamp }) =>
      timestamp <= latest ? isLate || timestamp >= reached : isLate && timestamp >= reached,
    ).length
  }
}

/** What a page of records says of their traces: the records stand from the newest back. */
export function toTracePage(records: readonly { readonly base_id: string; readonly timestamp: string }[]): TracePage {
  return { baseIds: records.map(({ base_id }) => base_id), reached: records.at(-1)?.timestamp ?? '' }
}

function tooSlow(patience: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `Within ${patience / 1_000} s the store gave no other trace. Ask for fewer of them, or for younger ones.`,
  )
}
