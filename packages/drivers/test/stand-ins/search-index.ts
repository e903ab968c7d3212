import { randomBytes } from 'node:crypto'
import { parseJson } from '@osprofiler/core/json'
import { aggregate, filterSource, type Hit } from './search-aggregations.js'
import { SearchRefusal } from './search-failure.js'
import { checkMapping, type Field, mapDocument } from './search-mapping.js'
import { checkQuery, matchesQuery, sortDocuments } from './search-query.js'

type Values = Readonly<Record<string, unknown>>

interface Stored extends Hit {
  readonly json: string
  readonly since: number
}

/** After this time, searches find new documents even if no client has requested a refresh. */
const REFRESH_AFTER_MS = 1_000
const MAX_WINDOW = 10_000
const MAX_ID_BYTES = 512

/** An index with documents and a mapping. Searches find new documents only after a refresh. */
export class StandInIndex {
  readonly mapping: Field
  readonly #name: string
  readonly #documents = new Map<string, Stored>()
  #refreshed = 0

  constructor(name: string, mapping: Field = {}) {
    checkMapping(mapping)
    this.#name = name
    this.mapping = mapping
  }

  /**
   * Stores a new document and returns its id.
   *
   * @throws SearchRefusal if the document exists already, or is refused
   */
  create(json: string, id = randomBytes(15).toString('base64url')): string {
    if (Buffer.byteLength(id) > MAX_ID_BYTES)
      throw new SearchRefusal(400, 'illegal_argument_exception', 'id is too long')
    if (this.#documents.has(id)) {
      throw new SearchRefusal(409, 'version_conflict_engine_exception', `[${id}]: document already exists`)
    }
    // `JSON.parse` refuses NaN, as the server does. `parseJson` keeps each number as it was written.
    mapDocument(this.mapping, JSON.parse(json))
    const source = parseJson(json) as Values
    this.#documents.set(id, { _index: this.#name, _id: id, _source: source, json, since: Date.now() })
    return id
  }

  refresh(): void {
    this.#refreshed = Date.now()
  }

  search({ query = { match_all: {} }, sort = [], size = 10, aggs, _source, ...rest }: Values, scrolls: boolean): Found {
    const unknown = Object.keys(rest)[0]
    if (unknown !== undefined) throw new SearchRefusal(400, 'parsing_exception', `unknown key [${unknown}] in a search`)
    if (Number(size) > MAX_WINDOW) {
      throw new SearchRefusal(400, 'search_phase_execution_exception', 'Result window is too large')
    }
    const found = this.#find(query as Values)
    const sorted = sortDocuments(this.mapping, found, [sort].flat() as Values[], hit => hit._source)
    const hits = (scrolls ? sorted : sorted.slice(0, Number(size))).map(hit => filterSource(hit, _source))
    const aggregations = aggs === undefined ? undefined : aggregate(this.mapping, found, aggs as Values)
    return { hits, total: found.length, aggregations }
  }

  deleteByQuery(query: Values): number {
    const found = this.#find(query)
    for (const { _id } of found) this.#documents.delete(_id)
    return found.length
  }

  #find(query: Values): Stored[] {
    checkQuery(query)
    const now = Date.now()
    return [...this.#documents.values()].filter(document => {
      if (document.since > this.#refreshed && now - document.since < REFRESH_AFTER_MS) return false
      return matchesQuery(this.mapping, { ...document._source, _index: this.#name }, query)
    })
  }
}

export interface Found {
  readonly hits: readonly Hit[]
  readonly total: number
  readonly aggregations: Values | undefined
}
