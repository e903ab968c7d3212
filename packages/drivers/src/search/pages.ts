import { Array } from '@osprofiler/core/toolkit'
import { isObject } from '../record-text.js'
import type { SearchClient } from './client.js'

/** How long the server keeps a search between two pages. */
const PATIENCE = '2m'

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
  let page = await client.find({
    method: 'POST',
    path: `/${index}/_search`,
    querystring: { scroll: PATIENCE, ignore_unavailable: true },
    body,
  })
  let scrollId = page?._scroll_id
  try {
    while (page !== undefined) {
      const hits = readHits(page)
      if (hits.length > 0) yield hits
      if (hits.length < size) break
      // Not to be tried again: the server would go on to the page after the one that was lost.
      const next = { method: 'POST', path: '/_search/scroll', body: { scroll: PATIENCE, scroll_id: scrollId } } as const
      page = await client.request(next, { maxRetries: 0 })
      scrollId = page._scroll_id ?? scrollId
    }
  } finally {
    if (scrollId !== undefined) await endScroll(client, scrollId)
  }
}

/** The documents of an answer to a search. */
export function readHits(answer: unknown): Record<string, unknown>[] {
  const hits = isObject(answer) && isObject(answer.hits) ? answer.hits.hits : undefined
  if (!Array.isArray(hits)) return []
  return hits.flatMap(hit => (isObject(hit) && isObject(hit._source) ? [hit._source] : []))
}

/** The server has room for a few hundred, and forgets this one by itself in the end. */
async function endScroll(client: SearchClient, scrollId: unknown): Promise<void> {
  const end = { method: 'DELETE', path: '/_search/scroll', body: { scroll_id: scrollId } } as const
  await client.request(end).catch(() => undefined)
}
