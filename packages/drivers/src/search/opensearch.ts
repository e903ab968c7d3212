import type { Client } from '@opensearch-project/opensearch'
import { findClient, loadClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { createSearchDriver, type SearchProduct } from './driver.js'
import { readExactly } from './exact-answers.js'
import type { SearchTransport } from './transport.js'
import { readSearchUrl } from './url.js'

/**
 * Opens a driver for OpenSearch 1, 2 and 3. Uses OpenSearch's own client, because Elastic's client rejects OpenSearch.
 * See `createSearchDriver`.
 */
export function openOpensearchDriver(location: string, context: OpenContext): StoreDriver {
  const url = readSearchUrl(context.scheme, location)
  const { nodes, username, password, ca, timeoutMs } = url
  findClient('@opensearch-project/opensearch', context)
  const product: SearchProduct = {
    name: 'opensearch',
    title: 'OpenSearch',
    url,
    async open(_, lookup) {
      const { Client } = await loadClient('@opensearch-project/opensearch')
      const client = new Client({
        nodes: [...nodes],
        ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
        ...(ca === undefined ? {} : { ssl: { ca } }),
        // The client passes the option `agent` on to Node's `Agent`, although its types do not allow `lookup`.
        agent: { lookup } as object,
        maxRetries: nodes.length - 1,
        requestTimeout: timeoutMs,
        // Without this option, the client refuses a record with a member named "__proto__", which is ordinary JSON.
        disablePrototypePoisoningProtection: true,
      })
      readExactly(client.serializer)
      return { transport: toTransport(client.transport), close: () => client.close() }
    },
  }
  return createSearchDriver(product, context)
}

/**
 * Adapts OpenSearch's client to the interface of Elastic's client. Elastic's client accepts an abort signal.
 * OpenSearch's client returns a request that has a method `abort`.
 */
function toTransport(transport: Client['transport']): SearchTransport {
  return {
    async request(request, { signal, ...options }) {
      const answer = transport.request(request, options)
      signal?.addEventListener('abort', () => {
        // `abort()` returns a promise that nothing handles, so the listener must not return it.
        answer.abort()
      })
      const { statusCode, headers, body } = await answer
      return { statusCode: statusCode ?? 0, headers: headers ?? {}, body }
    },
  }
}
