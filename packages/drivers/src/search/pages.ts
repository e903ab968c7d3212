import { Array, Set } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { checkWhole, SearchFailure } from './failure.js'
import type { SearchRequest } from './transport.js'

/** How long the server keeps a search between two pages. */
const SCROLL_KEPT = '2m'

/** A search whose hits come in pages. */
export interface PagedSearch {
  /** One, or several with commas between them; those that are not there have nothing in them. */
  readonly index: string
  readonly size: number
  readonly query: object
  /** The members of a document that are wanted. Default: all. */
  readonly members?: readonly string[]
  readonly order: 'asc' | 'desc'
}

/** By date, then by its text where the index has that. */
export function byTime(order: 'asc' | 'desc'): object[] {
  return [{ timestamp: { order, unmapped_type: 'date' } }, { 'timestamp.keyword': { order, unmapped_type: 'keyword' } }]
}

/**
 * The documents that a search finds, as they were when it began. By scrolling, which every version of both servers has
 * and which needs no field that tells all documents apart, as Python's layout has none.
 */
export async function* readPages(
  client: SearchClient,
  { index, size, query, members, order }: PagedSearch,
): AsyncGenerator<readonly Record<string, unknown>[]> {
  const body = { size, query, sort: byTime(order), ...(members === undefined ? {} : { _source: members }) }
  let page = await searchWhole(client, index, body, { scroll: SCROLL_KEPT })
  let scrollId = page._scroll_id
  const isDouble = createDoubles()
  try {
    for (;;) {
      const hits = hitsOf(page)
      const documents = documentsOf(hits.filter(hit => !isDouble(hit)))
      if (documents.length > 0) yield documents
      if (hits.length < size) break
      page = await readNextPage(client, scrollId)
      scrollId = page._scroll_id ?? scrollId
    }
  } finally {
    if (scrollId !== undefined) await endScroll(client, scrollId)
  }
}

/** Searches, and rejects where the answer would be a part of what there is. An index that is not there holds nothing. */
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

/** The documents of an answer to a search. */
export function readHits(answer: unknown): Record<string, unknown>[] {
  return documentsOf(hitsOf(answer))
}

/** Never sent twice: the server would go on to the page after the one that was lost. A host that is away took nothing. */
async function readNextPage(client: SearchClient, scrollId: unknown): Promise<Record<string, unknown>> {
  const next = { method: 'POST', path: '/_search/scroll', body: { scroll: SCROLL_KEPT, scroll_id: scrollId } } as const
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
 * Finds documents that were met before: a batch whose answer was lost is sent again, and behind an alias that meanwhile
 * rolled over the index has none of the ids. Two copies have the same time, so ids are kept for as long as that lasts.
 */
function createDoubles(): (hit: Record<string, unknown>) => boolean {
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

function hitsOf(answer: unknown): Record<string, unknown>[] {
  const hits: unknown = isObject(answer) && isObject(answer.hits) ? answer.hits.hits : undefined
  return Array.isArray(hits) ? (hits as unknown[]).filter(isObject) : []
}

function documentsOf(hits: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return hits.flatMap(({ _source }) => (isObject(_source) ? [_source] : []))
}

/** The server has room for a few hundred, and forgets this one by itself in the end. */
async function endScroll(client: SearchClient, scrollId: unknown): Promise<void> {
  const end = { method: 'DELETE', path: '/_search/scroll', body: { scroll_id: scrollId } } as const
  await client.request(end).catch(() => undefined)
}
