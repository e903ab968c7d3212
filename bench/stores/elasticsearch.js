import { Client } from '@elastic/elasticsearch'
import { clearIndex, openSearchServer, toNode, toText } from './search.js'

/** Elasticsearch as a store of the benchmark: see `stores.js`. */
export const store = {
  title: 'Elasticsearch',

  async start() {
    const server = await openSearchServer('elasticsearch')
    const python = ['elasticsearch_python.Elasticsearch', server.url]
    return { ...server, python, clear: () => clearIndex(server.url) }
  },

  toText,

  /** Writes one bulk request per batch. */
  openBare(url) {
    const client = new Client({ node: toNode(url) })
    return { write: (batch, toLines) => client.bulk({ operations: batch.map(toLines) }) }
  },
}
