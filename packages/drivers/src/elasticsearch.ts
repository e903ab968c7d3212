import type { LookupFunction } from 'node:net'
import { type Driver, OsprofilerError } from '@osprofiler/core'
import { findClient, loadClient } from './client-package.js'
import type { OpenContext } from './open-context.js'
import { createSearchDriver } from './search/driver.js'
import { readExactly } from './search/exact-answers.js'
import { readSearchUrl, type SearchUrl } from './search/url.js'

const CONNECT_TIMEOUT = 5_000

/** Elasticsearch 8 and 9, through Elastic's client. See `createSearchDriver`. */
export function openElasticsearchDriver(location: string, context: OpenContext): Driver {
  const { scheme, filterErrorTrace } = context
  const url = readSearchUrl(scheme, location, ['api_key'])
  const auth = readAuth(url)
  findClient('@elastic/elasticsearch', context)
  return createSearchDriver({
    name: 'elasticsearch',
    title: 'Elasticsearch',
    location: url.location,
    ttl: url.ttl,
    filterErrorTrace,
    patience: url.timeout * url.nodes.length,
    async open(signal, lookup) {
      const { Client } = await loadClient('@elastic/elasticsearch')
      const client = new Client({
        nodes: [...url.nodes],
        ...(auth === undefined ? {} : { auth }),
        tls: { ...toConnectOptions(signal, lookup), ...(url.ca === undefined ? {} : { ca: url.ca }) },
        maxRetries: url.nodes.length - 1,
        requestTimeout: url.timeout,
        // It would refuse a record that somebody gave a member "__proto__": JSON makes it a member like any other.
        disablePrototypePoisoningProtection: true,
      })
      readExactly(client.serializer)
      return client
    },
  })
}

/** The client hands these on to Node's `connect`, though its types know only those of TLS. */
function toConnectOptions(signal: AbortSignal, lookup: LookupFunction) {
  return { timeout: CONNECT_TIMEOUT, signal, lookup }
}

function readAuth({ username, password, apiKey }: SearchUrl) {
  if (apiKey !== undefined && username !== undefined) {
    throw new OsprofilerError('ERR_CONNECTION_STRING', 'A connection string has a user and a password, or api_key.')
  }
  if (apiKey !== undefined) return { apiKey }
  return username === undefined ? undefined : { username, password: password ?? '' }
}
