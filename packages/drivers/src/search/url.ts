import { Array, encodeURIComponent, Set } from '@osprofiler/core/toolkit'
import { type CreateUrlError, parseConnectionUrl, showHost, showHosts } from '../opening/connection-url.js'
import { readFileOption, readSeconds, readTtl } from '../opening/url-options.js'

const TIMEOUT_MS = 30_000

/** Settings of a store in Elasticsearch or OpenSearch, as read from the connection string. */
export interface SearchUrl {
  readonly location: string
  /** URLs of the hosts, without credentials and without duplicates. */
  readonly nodes: readonly string[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly apiKey: string | undefined
  /** The PEM certificate of the only certificate authority to trust. Default: the authorities that Node trusts. */
  readonly ca: string | undefined
  /** Time limit for an answer, in milliseconds. */
  readonly timeoutMs: number
  /** How long to keep traces, in milliseconds. */
  readonly ttl: number | undefined
  readonly createError: CreateUrlError
}

/**
 * Reads the part of a connection string after a scheme such as `elasticsearch://`. The scheme's suffix `+https` enables
 * TLS.
 */
export function readSearchUrl(scheme: string, location: string, options: readonly string[] = []): SearchUrl {
  const form = {
    example: `${scheme}://user:password@host:9200`,
    defaultPort: 9_200,
    options: ['ca', 'timeout', 'ttl', ...options],
  }
  const url = parseConnectionUrl(location, form)
  const { hosts, path, username, password, options: given, createError } = url
  const protocol = scheme.endsWith('+https') ? 'https' : 'http'
  const prefix = path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`
  if (given.has('ca') && protocol === 'http') throw createError(`ca requires TLS; use ${scheme}+https://`)
  return {
    location: `${showHosts(hosts)}${prefix}`,
    // Removes duplicate hosts, because OpenSearch's client rejects two nodes with the same address.
    nodes: Array.from(new Set(hosts.map(host => `${protocol}://${showHost(host)}${prefix}`))),
    username,
    password,
    apiKey: given.get('api_key'),
    ca: readFileOption(url, 'ca')?.toString('utf8'),
    timeoutMs: readSeconds(url, 'timeout') ?? TIMEOUT_MS,
    ttl: readTtl(given.get('ttl')),
    createError,
  }
}
