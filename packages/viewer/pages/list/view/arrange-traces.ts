import { createTimeRank, hasStatus } from '@osprofiler/report'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { parseDuration } from '../../shared/parse-duration.js'
import { compare, type Sorting } from '../../shared/sorting.js'
import { createRouteKey } from '../routes/route-statistics.js'

/** A column by which the list can be sorted. */
export type SortKey = 'timestamp' | 'request' | 'service' | 'status' | 'durationUs' | 'points' | 'id'

/** The user's filters. An empty string means no filter. */
export interface Filters {
  readonly search: string
  readonly minDuration: string
  readonly status: string
  readonly route: string
}

/** Returns whether any filter is set that applies to the traces on the page. */
export function hasFilters({ search, minDuration, status, route }: Filters): boolean {
  return search.trim() !== '' || parseDuration(minDuration) > 0 || status !== '' || route !== ''
}

/** Returns the traces that pass every filter, in the same order. */
export function filterTraces(traces: readonly ListedTrace[], filters: Filters): readonly ListedTrace[] {
  if (!hasFilters(filters)) return traces
  const words = filters.search.toLowerCase().split(/\s+/).filter(Boolean)
  const leastUs = parseDuration(filters.minDuration)
  return traces.filter(
    trace =>
      (leastUs === 0 || (trace.durationUs ?? -1) >= leastUs) &&
      (filters.status === '' || hasStatus(trace, filters.status)) &&
      (filters.route === '' || createRouteKey(trace) === filters.route) &&
      (words.length === 0 || matchesWords(trace, words)),
  )
}

/** Sorts the traces. Traces with equal values keep their order. */
export function sortTraces(traces: readonly ListedTrace[], { key, descending }: Sorting<SortKey>): ListedTrace[] {
  const direction = descending ? -1 : 1
  const rank = createTimeRank()
  return traces.toSorted((left, right) => direction * compare(sortValue(left, key, rank), sortValue(right, key, rank)))
}

const texts = new WeakMap<ListedTrace, string>()

function matchesWords(trace: ListedTrace, words: readonly string[]): boolean {
  let text = texts.get(trace)
  if (text === undefined) {
    const { name, request, pattern, service, project, id, timestamp, status, error } = trace
    text = [name, request, pattern, status, service, project, id, timestamp, error].join(' ').toLowerCase()
    texts.set(trace, text)
  }
  return words.every(word => text.includes(word))
}

function sortValue(trace: ListedTrace, key: SortKey, rank: (timestamp: string) => string): string | number {
  if (key === 'timestamp') return rank(trace.timestamp)
  if (key === 'request') return `${trace.request || trace.name} ${trace.name}`
  return trace[key] ?? -1
}
