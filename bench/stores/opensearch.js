import { Client } from '@opensearch-project/opensearch'
import { clearIndex, openSearchServer, toNode, toText } from './search.js'

/**
 * OpenSearch as a store of the benchmark: see `stores.js`. The Elasticsearch driver of Python's OSProfiler does not
 * work with it.
 */
export const store = {
  title: 'OpenSearch',

  async start() {
    const server = await openSearchServer('opensearch')
    return { ...server, clear: () => clearIndex(server.url) }
  },

  toText,

  /** Writes one bulk request per batch. */
  openBare(url) {
    const client = new Client({ node: toNode(url) })
    return { write: (batch, toLines) => client.bulk({ body: batch.map(toLines) }) }
  },
}
