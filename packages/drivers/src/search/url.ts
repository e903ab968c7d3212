import { OsprofilerError } from '@osprofiler/core'
import { Array, encodeURIComponent, Math, Number, Set } from '@osprofiler/core/toolkit'
import { readTtl } from '../lifetime/retention.js'
import { readAuthority } from '../opening/authority-file.js'
import { parseConnectionUrl, showHost, showHosts } from '../opening/connection-url.js'

/** Where an Elasticsearch or OpenSearch is, and who asks. */
export interface SearchUrl {
  /** For people. */
  readonly location: string
  /** Without credentials, each once. */
  readonly nodes: readonly string[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly apiKey: string | undefined
  /** See `readAuthority`. */
  readonly ca: string | undefined
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number
  /** See `readTtl`. */
  readonly ttl: number | undefined
}

/** Reads what follows `elasticsearch://` and the like; `+https` at the scheme's end asks for TLS. */
export function readSearchUrl(scheme: string, location: string, options: readonly string[] = []): SearchUrl {
  const form = {
    example: `${scheme}://user:password@host:9200`,
    defaultPort: 9_200,
    options: ['ca', 'timeout', 'ttl', ...options],
  }
  const { hosts, path, username, password, options: given } = parseConnectionUrl(location, form)
  const protocol = scheme.endsWith('+https') ? 'https' : 'http'
  const prefix = path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`
  const ca = given.get('ca')
  if (ca !== undefined && protocol === 'http') {
    throw new OsprofilerError('ERR_CONNECTION_STRING', `ca is for TLS, which ${scheme}+https:// asks for.`)
  }
  return {
    location: `${showHosts(hosts)}${prefix}`,
    // A host that is named twice is one: OpenSearch's client refuses a second of the same address.
    nodes: Array.from(new Set(hosts.map(host => `${protocol}://${showHost(host)}${prefix}`))),
    username,
    password,
    apiKey: given.get('api_key'),
    ca: readAuthority(ca),
    timeout: readTimeout(given.get('timeout')),
    ttl: readTtl(given.get('ttl')),
  }
}

function readTimeout(text = '30'): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds < 86_400) return Math.ceil(seconds * 1_000)
  throw new OsprofilerError('ERR_CONNECTION_STRING', 'timeout is a number of seconds above 0.')
}
