import { isObject } from '../records/record-text.js'
import { SearchFailure, toRefusal, toSearchFailure } from './failure.js'
import type { SearchTransport } from './transport.js'

/** Which of the two servers is expected. */
export type SearchServerName = 'elasticsearch' | 'opensearch'

/**
 * Asks once what answers, so that a wrong address or scheme is told apart from a store without traces. A server may
 * keep that from a user: then the requests to come tell.
 *
 * @throws SearchFailure
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
    const found = nameServer(headers, body)
    if (found === expected) return
    if (found !== undefined) throw new SearchFailure(undefined, `it is an ${TITLES[found]}; write ${found}://`)
    throw new SearchFailure(undefined, `what answers there is no ${TITLES[expected]}`)
  } catch (error) {
    const failure = toSearchFailure(error)
    // The user, or what stands before the server, may not ask that.
    if ([403, 404, 405].includes(failure.status ?? 0)) return
    throw failure.status === 400 && failure.type === '' ? new SearchFailure(undefined, NOT_UNDERSTOOD) : failure
  }
}

const NOT_UNDERSTOOD = 'it answers 400 to whatever is asked; if it expects TLS, add +https to the scheme'

const TITLES = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' }

function nameServer(headers: Readonly<Record<string, unknown>>, body: unknown): SearchServerName | undefined {
  const version = isObject(body) ? body.version : undefined
  if (!isObject(version) || typeof version.number !== 'string') return undefined
  // An OpenSearch may say that it is Elasticsearch 7.10, for old clients. The last versions without this header were 7.13.
  return headers['x-elastic-product'] === 'Elasticsearch' ? 'elasticsearch' : 'opensearch'
}
