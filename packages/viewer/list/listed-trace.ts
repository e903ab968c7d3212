/** One trace of the list, as the server sends it: all but `ref` is text to be shown. */
export interface ListedTrace {
  /** Names it in addresses. */
  readonly ref: string
  readonly id: string
  /** UTC, of its first record. */
  readonly timestamp: string
  readonly name: string
  /** What its first point does; empty until the server knows. */
  readonly detail: string
  readonly project: string
  readonly service: string
  readonly records: number
  /** In microseconds; `null` until the server knows. */
  readonly durationUs: number | null
  readonly failed: boolean
  readonly isFile: boolean
}

/** A column by which the list can be sorted. */
export type SortKey = 'timestamp' | 'name' | 'service' | 'durationUs' | 'records' | 'id'

export interface Sorting {
  readonly key: SortKey
  readonly descending: boolean
}

/** The traces in which every word of the search occurs somewhere, sorted; equals stay in the order of the store. */
export function arrange(traces: readonly ListedTrace[], search: string, sorting: Sorting): ListedTrace[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = traces.filter(trace => {
    const text =
      `${trace.name} ${trace.detail} ${trace.service} ${trace.project} ${trace.id} ${trace.timestamp}`.toLowerCase()
    return words.every(word => text.includes(word))
  })
  const direction = sorting.descending ? -1 : 1
  return found.sort((left, right) => direction * compare(sortValue(left, sorting.key), sortValue(right, sorting.key)))
}

/** A record that is dated later was made up, or its clock is wrong: its trace must not stand on top for ever. */
const DAY_MS = 86_400_000

function sortValue(trace: ListedTrace, key: SortKey): string | number {
  if (key === 'name') return `${trace.name} ${trace.detail}`
  if (key === 'timestamp') {
    const isBelieved = trace.timestamp <= new Date(Date.now() + DAY_MS).toISOString()
    return `${isBelieved ? 1 : 0} ${trace.timestamp}`
  }
  return trace[key] ?? -1
}

function compare(left: string | number, right: string | number): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** The address of a trace's own page. */
export function traceAddress(ref: string): string {
  return `trace?ref=${encodeURIComponent(ref)}`
}

/** The address of a trace as a file. */
export function downloadAddress(ref: string, format: 'json' | 'jsonl' | 'html'): string {
  return `download?ref=${encodeURIComponent(ref)}&format=${format}`
}
