import type { LookupFunction } from 'node:net'
import type { Client } from '@elastic/elasticsearch'
import { OsprofilerError } from '@osprofiler/core'
import { Math } from '@osprofiler/core/toolkit'
import { findClient, loadClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { createSearchDriver, type SearchProduct } from './driver.js'
import { readExactly } from './exact-answers.js'
import type { SearchTransport } from './transport.js'
import { readSearchUrl, type SearchUrl } from './url.js'

const CONNECT_MS = 5_000
/** A time limit for every request on the client's connections, regardless of the limit of the request itself. */
const MAX_ANSWER_MS = 900_000

/** Opens a driver for Elasticsearch 7.14 or later, 8 and 9, using Elastic's client. See `createSearchDriver`. */
export function openElasticsearchDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme } = context
  const url = readSearchUrl(scheme, location, ['api_key'])
  const auth = readAuth(url)
  findClient('@elastic/elasticsearch', context)
  const product: SearchProduct = {
    name: 'elasticsearch',
    title: 'Elasticsearch',
    url,
    async open(signal, lookup) {
      const { Client, ClusterConnectionPool } = await loadClient('@elastic/elasticsearch')
      // An older version of the client does not export this class. The types of the client are those of the newest
      // version, which exports the class.
      if ((ClusterConnectionPool as unknown) === undefined) throw createOldClientError(scheme)
      const client = new Client({
        nodes: [...url.nodes],
        ...(auth === undefined ? {} : { auth }),
        tls: { ...toConnectOptions(signal, lookup), ...(url.ca === undefined ? {} : { ca: url.ca }) },
        maxRetries: url.nodes.length - 1,
        // With its default pool, the client would occasionally send a request to an unavailable host.
        ConnectionPool: ClusterConnectionPool,
        requestTimeout: Math.max(MAX_ANSWER_MS, url.timeoutMs),
        // Without this option, the client refuses a record with a member named "__proto__", which is ordinary JSON.
        disablePrototypePoisoningProtection: true,
      })
      readExactly(client.serializer)
      return { transport: toTransport(client.transport), close: () => client.close() }
    },
  }
  return createSearchDriver(product, context)
}

function createOldClientError(scheme: string): OsprofilerError {
  return new OsprofilerError(
    'ERR_MISSING_CLIENT',
    `${scheme}:// needs @elastic/elasticsearch 8 or 9 for every version of the server. Run "npm install @elastic/elasticsearch@9".`,
  )
}

/**
 * Adapts the client's transport. Requests ask for plain JSON, which every version of the server accepts. The client
 * itself would ask for the media type of its own version.
 */
function toTransport(transport: Client['transport']): SearchTransport {
  return {
    async request(request, options) {
      const type = request.bulkBody === undefined ? 'application/json' : 'application/x-ndjson'
      const headers = { 'content-type': type, accept: 'application/json' }
      const {
        statusCode = 0,
        headers: answered,
        body,
      } = await transport.request(request, {
        ...options,
        meta: true,
        headers,
      })
      return { statusCode, headers: answered, body }
    },
  }
}

/** Returns the options for Node's `connect`. The client passes them on, although its types allow only TLS options. */
function toConnectOptions(signal: AbortSignal, lookup: LookupFunction) {
  return { timeout: CONNECT_MS, signal, lookup }
}

function readAuth({ username, password, apiKey, createError }: SearchUrl) {
  if (apiKey !== undefined && username !== undefined) {
    throw createError('it must have either a user and a password, or api_key')
  }
  if (apiKey !== undefined) return { apiKey }
  return username === undefined ? undefined : { username, password: password ?? '' }
}
