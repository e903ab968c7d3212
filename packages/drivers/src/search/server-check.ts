import { isObject } from '../records/record-text.js'
import { SearchFailure, toRefusal, toSearchFailure } from './failure.js'
import type { SearchTransport } from './transport.js'

/** The two servers with this API. The names are the schemes of their connection strings. */
export type SearchServerName = 'elasticsearch' | 'opensearch'

/**
 * Checks that the expected server answers, because a wrong address must not look like an empty store. Throws a
 * `SearchFailure`.
 */
export async function checkServer(
  transport: SearchTransport,
  expected: SearchServerName,
  options: { readonly requestTimeout: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const { statusCode, headers, body } = await transport.request(
      { method: 'GET', path: '/', querystring: {} },
      options,
    )
    if (statusCode >= 300) throw toRefusal(statusCode, body)
    const found = identifyServer(headers, body)
    if (found === expected) return
    if (found !== undefined) throw new SearchFailure(undefined, `it is an ${TITLES[found]}; write ${found}://`)
    throw new SearchFailure(undefined, `the server is not ${TITLES[expected]}`)
  } catch (error) {
    const failure = toSearchFailure(error)
    // The user may have no permission for this request, or a proxy may block it. Later requests will show whether the
    // server can be used.
    if ([403, 404, 405].includes(failure.status ?? 0)) return
    throw failure.status === 400 && failure.type === '' ? new SearchFailure(undefined, NOT_UNDERSTOOD) : failure
  }
}

const NOT_UNDERSTOOD = 'it answers 400 to every request; if it expects TLS, add +https to the scheme'

const TITLES = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' }

function identifyServer(headers: Readonly<Record<string, unknown>>, body: unknown): SearchServerName | undefined {
  const version = isObject(body) ? body.version : undefined
  if (!isObject(version) || typeof version.number !== 'string') return undefined
  // For old clients, OpenSearch may claim to be Elasticsearch 7.10, so the version is not enough. The last version of
  // Elasticsearch without the header `x-elastic-product` was 7.13.
  return headers['x-elastic-product'] === 'Elasticsearch' ? 'elasticsearch' : 'opensearch'
}
