import { Array, Set } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { checkWhole, SearchFailure } from './failure.js'
import type { SearchRequest } from './transport.js'

/** How long the server keeps a search open between two pages. */
const SCROLL_LIFETIME = '2m'

/** A search whose hits are sorted by time. The hits are read in pages of `size` documents. */
export interface PagedSearch {
  /** The name of an index, or several names separated by commas. A missing index counts as empty. */
  readonly index: string
  readonly size: number
  readonly query: object
  /** The names of the members to return for each document. Default: all members. */
  readonly members?: readonly string[]
  readonly order: 'asc' | 'desc'
}

/**
 * Returns the sort order by date. If the index has the date's text subfield, documents with the same date are sorted by
 * this subfield.
 */
export function buildTimeSort(order: 'asc' | 'desc'): object[] {
  return [{ timestamp: { order, unmapped_type: 'date' } }, { 'timestamp.keyword': { order, unmapped_type: 'keyword' } }]
}

/**
 * Yields the documents that match at the start of the search. Uses a scroll, because every version of the servers
 * supports scrolls, and a scroll needs no unique field.
 */
export async function* readPages(
  client: SearchClient,
  { index, size, query, members, order }: PagedSearch,
): AsyncGenerator<readonly Record<string, unknown>[]> {
  const body = { size, query, sort: buildTimeSort(order), ...(members === undefined ? {} : { _source: members }) }
  let page = await searchWhole(client, index, body, { scroll: SCROLL_LIFETIME })
  let scrollId = page._scroll_id
  const isDuplicate = createDuplicateFilter()
  try {
    for (;;) {
      const hits = readHitList(page)
      const documents = toDocuments(hits.filter(hit => !isDuplicate(hit)))
      if (documents.length > 0) yield documents
      if (hits.length < size) break
      page = await readNextPage(client, scrollId)
      scrollId = page._scroll_id ?? scrollId
    }
  } finally {
    if (scrollId !== undefined) await endScroll(client, scrollId)
  }
}

/** Searches, and rejects if the answer does not cover all shards. A missing index counts as empty. */
export async function searchWhole(
  client: SearchClient,
  index: string,
  body: object,
  querystring: SearchRequest['querystring'] = {},
): Promise<Record<string, unknown>> {
  const whole = { ignore_unavailable: true, allow_partial_search_results: false, ...querystring }
  const answer = await client.find({ method: 'POST', path: `/${index}/_search`, querystring: whole, body })
  checkWhole(answer ?? {})
  return answer ?? {}
}

/** Returns the documents in the answer to a search or in a `top_hits` aggregation. */
export function readHits(answer: unknown): Record<string, unknown>[] {
  return toDocuments(readHitList(answer))
}

/**
 * Requests the next page of a scroll. If no server was reached, repeats the request. In any other case, a repeated
 * request would skip the page that was lost.
 */
async function readNextPage(client: SearchClient, scrollId: unknown): Promise<Record<string, unknown>> {
  const next = {
    method: 'POST',
    path: '/_search/scroll',
    body: { scroll: SCROLL_LIFETIME, scroll_id: scrollId },
  } as const
  for (let tries = 1; ; tries++) {
    try {
      const page = await client.request(next, { maxRetries: 0 })
      checkWhole(page)
      return page
    } catch (error) {
      if (!(error instanceof SearchFailure && error.isUnsent) || tries >= client.nodes) throw error
    }
  }
}

/**
 * Returns a function that recognizes repeated documents. A batch may be repeated after an alias was switched to a new
 * index, which does not contain the ids of the old index. Both indices then contain the same documents. Copies have the
 * same timestamp, so only the ids of one timestamp are kept in memory.
 */
function createDuplicateFilter(): (hit: Record<string, unknown>) => boolean {
  let time: unknown
  const ids = new Set<unknown>()
  return ({ _id, sort }) => {
    const [first] = Array.isArray(sort) ? sort : []
    if (first !== time) ids.clear()
    time = first
    if (ids.has(_id)) return true
    ids.add(_id)
    return false
  }
}

function readHitList(answer: unknown): Record<string, unknown>[] {
  const hits: unknown = isObject(answer) && isObject(answer.hits) ? answer.hits.hits : undefined
  return Array.isArray(hits) ? (hits as unknown[]).filter(isObject) : []
}

function toDocuments(hits: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return hits.flatMap(({ _source }) => (isObject(_source) ? [_source] : []))
}

/**
 * Closes a scroll, because a server supports only a few hundred open scrolls. If this fails, the scroll expires by
 * itself.
 */
async function endScroll(client: SearchClient, scrollId: unknown): Promise<void> {
  const end = { method: 'DELETE', path: '/_search/scroll', body: { scroll_id: scrollId } } as const
  await client.request(end).catch(() => undefined)
}
