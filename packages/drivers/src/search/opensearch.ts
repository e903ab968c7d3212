import type { Client } from '@opensearch-project/opensearch'
import { findClient, loadClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { createSearchDriver, type SearchProduct } from './driver.js'
import { readExactly } from './exact-answers.js'
import type { SearchTransport } from './transport.js'
import { readSearchUrl } from './url.js'

/** Opens a driver for OpenSearch 1, 2 and 3 by its own client, because Elastic's refuses. See `createSearchDriver`. */
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
        // The client passes this on to Node's agent, though its types do not know it.
        agent: { lookup } as object,
        maxRetries: nodes.length - 1,
        requestTimeout: timeoutMs,
        // Otherwise the client refuses a record with a member "__proto__", which JSON treats like any other.
        disablePrototypePoisoningProtection: true,
      })
      readExactly(client.serializer)
      return { transport: toTransport(client.transport), close: () => client.close() }
    },
  }
  return createSearchDriver(product, context)
}

/** This client ends a request by a method, Elastic's by a signal. */
function toTransport(transport: Client['transport']): SearchTransport {
  return {
    async request(request, { signal, ...options }) {
      const answer = transport.request(request, options)
      signal?.addEventListener('abort', () => {
        // Not returned, because the result would be taken for a promise without a handler.
        answer.abort()
      })
      const { statusCode, headers, body } = await answer
      return { statusCode: statusCode ?? 0, headers: headers ?? {}, body }
    },
  }
}
