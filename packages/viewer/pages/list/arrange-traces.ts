import type { ListedTrace } from '../../src/listed-trace.js'
import { parseDuration } from '../shared/parse-duration.js'
import { routeKey } from './route-statistics.js'

/** A column by which the list can be sorted. */
export type SortKey = 'timestamp' | 'request' | 'service' | 'status' | 'durationUs' | 'points' | 'id'

export interface Sorting {
  readonly key: SortKey
  readonly descending: boolean
}

/** What the user narrows the list to. Empty texts narrow nothing. */
export interface Filters {
  readonly search: string
  readonly least: string
  readonly status: string
  readonly route: string
}

/** Whether anything narrows the list that the page has. */
export function isNarrowed({ search, least, status, route }: Filters): boolean {
  return search.trim() !== '' || parseDuration(least) > 0 || status !== '' || route !== ''
}

/** The traces that pass every filter, in the order in which they came. */
export function filterTraces(traces: readonly ListedTrace[], filters: Filters): readonly ListedTrace[] {
  if (!isNarrowed(filters)) return traces
  const words = filters.search.toLowerCase().split(/\s+/).filter(Boolean)
  const leastUs = parseDuration(filters.least)
  return traces.filter(
    trace =>
      (leastUs === 0 || (trace.durationUs ?? -1) >= leastUs) &&
      hasStatus(trace, filters.status) &&
      (filters.route === '' || routeKey(trace) === filters.route) &&
      (words.length === 0 || hasWords(trace, words)),
  )
}

/** The traces sorted; equals stay in the order in which they came. */
export function sortTraces(traces: readonly ListedTrace[], { key, descending }: Sorting): ListedTrace[] {
  const direction = descending ? -1 : 1
  return traces.toSorted((left, right) => direction * compare(sortValue(left, key), sortValue(right, key)))
}

/** `404` is a status, `5xx` a hundred of them, `error` whatever failed. */
function hasStatus({ status, failed }: ListedTrace, wanted: string): boolean {
  if (wanted === '') return true
  if (wanted === 'error') return failed
  if (status === null) return false
  return wanted.endsWith('xx') ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted)
}

const texts = new WeakMap<ListedTrace, string>()

function hasWords(trace: ListedTrace, words: readonly string[]): boolean {
  let text = texts.get(trace)
  if (text === undefined) {
    const { name, request, pattern, service, project, id, timestamp, status, error } = trace
    text = [name, request, pattern, status, service, project, id, timestamp, error].join(' ').toLowerCase()
    texts.set(trace, text)
  }
  return words.every(word => text.includes(word))
}

/** A record that is dated later was made up, or its clock is wrong: its trace must not stand on top for ever. */
const DAY_MS = 86_400_000

function sortValue(trace: ListedTrace, key: SortKey): string | number {
  if (key === 'timestamp') {
    const isBelieved = trace.timestamp <= new Date(Date.now() + DAY_MS).toISOString()
    return `${isBelieved ? 1 : 0} ${trace.timestamp}`
  }
  if (key === 'request') return `${trace.request || trace.name} ${trace.name}`
  return trace[key] ?? -1
}

function compare(left: string | number, right: string | number): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
