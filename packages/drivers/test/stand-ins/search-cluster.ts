import { filterSource, type Hit } from './search-aggregations.js'
import { SearchRefusal } from './search-failure.js'
import { StandInIndex } from './search-index.js'
import type { Field } from './search-mapping.js'

type Values = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly content: object
}

const MAX_BODY = 100 * 1024 * 1024

/** Keeps the indices of a cluster, and answers requests. */
export class StandInCluster {
  readonly #product: string
  readonly #indices = new Map<string, StandInIndex>()
  readonly #scrolls = new Map<string, { readonly hits: Hit[]; readonly size: number }>()
  #nextScroll = 1

  constructor(product: string) {
    this.#product = product
  }

  /** The number of scrolls that were neither read to their end nor closed. */
  get openScrolls(): number {
    return this.#scrolls.size
  }

  index(name: string): StandInIndex {
    const index = this.#indices.get(name)
    if (index === undefined) throw new SearchRefusal(404, 'index_not_found_exception', `no such index [${name}]`)
    return index
  }

  deleteAll(): void {
    this.#indices.clear()
  }

  answer(method: string, url: string, body: string, version: number | undefined): Answer {
    if (body.length > MAX_BODY)
      throw new SearchRefusal(413, 'content_too_large_exception', 'entity content is too long')
    const { pathname, searchParams } = new URL(url, 'http://stand-in')
    const parts = pathname.slice(1).split('/').map(decodeURIComponent)
    if (pathname === '/') return ok(this.#describe())
    if (pathname === '/_bulk' && method === 'POST') return ok(this.#bulk(body))
    if (pathname === '/_search/scroll') return ok(this.#scroll(method, toBody(body), searchParams))
    // Since version 8 of the server, document types exist only for clients that ask for version 7 of the API.
    const [name = '', type, ...rest] = parts
    const typed = type !== undefined && !type.startsWith('_')
    if (!typed || version === 7)
      return this.#answerIndex(method, name, typed ? rest : parts.slice(1), body, searchParams)
    throw new SearchRefusal(
      400,
      'illegal_argument_exception',
      `no handler found for uri [${url}] and method [${method}]`,
    )
  }

  #answerIndex(method: string, name: string, path: readonly string[], body: string, query: URLSearchParams): Answer {
    const [action, ...rest] = path
    const request = `${method} ${action ?? ''}`
    if (rest.length > 0)
      throw new SearchRefusal(400, 'illegal_argument_exception', `no handler found for ${path.join('/')}`)
    switch (request) {
      case 'GET ':
        return ok({ [name]: { mappings: showMapping(this.index(name).mapping), aliases: {}, settings: {} } })
      case 'PUT ':
        return ok(this.#createIndex(name, toBody(body)))
      case 'DELETE ':
        this.index(name)
        return ok({ acknowledged: this.#indices.delete(name) })
      case 'POST ':
      case 'POST _doc':
        return { status: 201, content: { result: 'created', _id: this.#indexFor(name).create(body) } }
      case 'GET _mapping':
        return ok({ [name]: { mappings: showMapping(this.index(name).mapping) } })
      case 'POST _refresh':
        for (const one of this.#resolve(name, query)) one.refresh()
        return ok({ _shards: { failed: 0 } })
      case 'POST _search':
        return ok(this.#search(this.#resolve(name, query), toBody(body), query))
      case 'POST _delete_by_query':
        return ok(this.#deleteByQuery(this.index(name), toBody(body), query))
      default:
        throw new SearchRefusal(405, 'illegal_argument_exception', `no handler found for ${method} ${path.join('/')}`)
    }
  }

  #describe(): object {
    const version =
      this.#product === 'opensearch'
        ? { distribution: 'opensearch', number: '3.1.0' }
        : { number: '8.19.0', build_flavor: 'default', minimum_wire_compatibility_version: '7.17.0' }
    return { name: 'stand-in', cluster_name: 'stand-in', version, tagline: 'You Know, for Search' }
  }

  #createIndex(name: string, { mappings }: Values): object {
    if (this.#indices.has(name)) {
      throw new SearchRefusal(400, 'resource_already_exists_exception', `index [${name}] already exists`)
    }
    this.#indices.set(name, new StandInIndex(name, mappings as Field))
    return { acknowledged: true, index: name }
  }

  /** Returns the index with this name. A write creates a missing index. */
  #indexFor(name: string): StandInIndex {
    const index = this.#indices.get(name) ?? new StandInIndex(name)
    this.#indices.set(name, index)
    return index
  }

  #resolve(names: string, query: URLSearchParams): StandInIndex[] {
    const lenient = query.get('ignore_unavailable') === 'true'
    return names.split(',').flatMap(name => (lenient ? (this.#indices.get(name) ?? []) : this.index(name)))
  }

  #bulk(body: string): object {
    if (!body.endsWith('\n'))
      throw new SearchRefusal(400, 'illegal_argument_exception', 'The bulk request must end by a newline')
    const lines = body.slice(0, -1).split('\n')
    const items: object[] = []
    for (let at = 0; at < lines.length; at += 2) items.push(this.#bulkItem(toBody(lines[at]), lines[at + 1] ?? ''))
    const errors = items.some(item => 'error' in (Object.values(item)[0] as object))
    return { took: 1, errors, items }
  }

  #bulkItem(action: Values, document: string): object {
    if (action.index !== undefined) return conditionalIndex(action.index as Values)
    const { _index, _id } = (action.create ?? {}) as { readonly _index?: string; readonly _id?: string }
    if (_index === undefined)
      throw new SearchRefusal(400, 'illegal_argument_exception', 'Malformed action/metadata line')
    try {
      return { create: { _index, _id: this.#indexFor(_index).create(document, _id), result: 'created', status: 201 } }
    } catch (error) {
      if (!(error instanceof SearchRefusal)) throw error
      const { type, message: reason, status } = error
      return { create: { _index, _id, status, error: { type, reason } } }
    }
  }

  #search(indices: readonly StandInIndex[], body: Values, query: URLSearchParams): object {
    const wanted = { ...body, ...(query.has('size') ? { size: Number(query.get('size')) } : {}) }
    const scrolls = query.has('scroll')
    const found = indices.map(index => index.search(wanted, scrolls))
    const hits = found.length === 1 ? (found[0]?.hits ?? []) : mergeNewest(found.flatMap(({ hits }) => hits))
    const total = found.reduce((sum, part) => sum + part.total, 0)
    const aggregations = found[0]?.aggregations
    const size = Number(wanted.size ?? 10)
    const result = toResult(hits.slice(0, size), total)
    if (!scrolls) return aggregations === undefined ? result : { ...result, aggregations }
    const id = `scroll-${this.#nextScroll++}`
    this.#scrolls.set(id, { hits: hits.slice(size), size })
    return { ...result, _scroll_id: id }
  }

  #scroll(method: string, body: Values, query: URLSearchParams): object {
    const id = String(body.scroll_id ?? query.get('scroll_id'))
    if (method === 'DELETE') return { succeeded: this.#scrolls.delete(id) }
    const scroll = this.#scrolls.get(id)
    if (scroll === undefined)
      throw new SearchRefusal(404, 'search_context_missing_exception', `No search context ${id}`)
    return { ...toResult(scroll.hits.splice(0, scroll.size), 0), _scroll_id: id }
  }

  #deleteByQuery(index: StandInIndex, { query }: Values, parameters: URLSearchParams): object {
    const deleted = index.deleteByQuery(query as Values)
    if (parameters.get('refresh') === 'true') index.refresh()
    return { deleted, version_conflicts: 0, failures: [] }
  }
}

function showMapping(mapping: Field): object {
  return mapping.dynamic === undefined ? mapping : { ...mapping, dynamic: String(mapping.dynamic) }
}

/**
 * Answers a request that replaces a document only if the document has not changed. The answer is always a conflict,
 * because no test replaces an existing document.
 */
function conditionalIndex({ _index, _id, if_seq_no }: Values): object {
  if (if_seq_no === undefined)
    throw new SearchRefusal(400, 'illegal_argument_exception', 'index is not understood here')
  const reason = `[${String(_id)}]: version conflict, but no document was found`
  return { index: { _index, _id, status: 409, error: { type: 'version_conflict_engine_exception', reason } } }
}

/** Merges the hits of several indices, newest first. The drivers use no other order for several indices. */
function mergeNewest(hits: readonly Hit[]): Hit[] {
  return [...hits].sort((one, other) => (String(one._source.timestamp) < String(other._source.timestamp) ? 1 : -1))
}

function toResult(hits: readonly Hit[], total: number): object {
  const shown = hits.map(({ _index, _id, _source }) => filterSource({ _index, _id, _source }, undefined))
  return {
    took: 1,
    timed_out: false,
    _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
    hits: { total: { value: total, relation: 'eq' }, hits: shown },
  }
}

function ok(content: object): Answer {
  return { status: 200, content }
}

function toBody(text: string | undefined): Values {
  if (text === undefined || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new SearchRefusal(400, 'parse_exception', 'Failed to parse content')
  }
}
