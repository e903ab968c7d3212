import type { FaultyStandIn } from './stand-in-faults.js'
import { type SearchStandIn, startSearch } from './stand-ins/search.js'

const RECORDS = 'osprofiler-notifications'
/** A document that no index accepts, because `base_id` has to be a string. */
const UNFIT = '{"base_id":{"no":"text"}}'

/** Starts a stand-in for Elasticsearch or OpenSearch, for tests of faults. */
export async function startFaultySearch(product: 'elasticsearch' | 'opensearch'): Promise<FaultyStandIn> {
  const server = await startSearch({ product })
  server.cluster.answer('PUT', `/${RECORDS}`, '{"mappings":{"properties":{"base_id":{"type":"keyword"}}}}', undefined)
  return {
    ...server,
    knowsIds: true,
    url: port => `${product}://127.0.0.1:${port}`,
    points: () => readRecords(server).map(({ trace_id }) => trace_id),
    clear: () => {
      server.cluster.index(RECORDS).refresh()
      server.cluster.index(RECORDS).deleteByQuery({ match_all: {} })
    },
    refuseBad() {
      server.intercept = (method, path, body) => {
        if (path !== '/_bulk') return undefined
        return server.cluster.answer(method, path, body.replace(/^{"name":"bad".*$/m, UNFIT), undefined)
      }
    },
    takeNothing() {
      const error = { type: 'es_rejected_execution_exception', reason: 'queue capacity' }
      server.intercept = (_, path) => (path === '/_bulk' ? { status: 429, content: { error, status: 429 } } : undefined)
    },
    repair() {
      server.intercept = undefined
    },
  }
}

/** Returns the documents in the index of records, as a search shows them. */
export function readRecords(server: SearchStandIn): readonly Readonly<Record<string, unknown>>[] {
  const index = server.cluster.index(RECORDS)
  index.refresh()
  return index.search({ size: 1 }, true).hits.map(({ _source }) => _source)
}
