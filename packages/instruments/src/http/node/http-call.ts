import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import { urlToHttpOptions } from 'node:url'
import { Array, Boolean, Number, Object, remember, String, types, URL } from '@osprofiler/core/toolkit'
import type { OutgoingRequest } from '../describe-request.js'
import { DEFAULT_PORTS, joinUrl, ORIGIN_CACHE_LIMITS, type PathAndQuery, splitTarget } from '../request-target.js'

type Scheme = 'http' | 'https'

/** An outgoing request as passed to `node:http`, with Node's defaults filled in. */
export interface HttpCall extends PathAndQuery {
  readonly scheme: Scheme
  readonly method: string
  /** The host to connect to, as the program wrote it. */
  readonly host: string
  readonly port: number
  readonly socketPath: string | undefined
  /** The requested URL, if the request goes to a proxy. */
  readonly proxiedUrl: URL | undefined
  readonly agent: unknown
}

/** The arguments of `http.request` or `https.request`, as Node interprets them. */
export interface HttpArguments {
  readonly call: HttpCall
  readonly url: URL | undefined
  readonly options: HttpOptions
}

/** Options that the program passed. Their values may have any type. */
type HttpOptions = Readonly<Record<string, unknown>>

const NO_OPTIONS: HttpOptions = {}

/** Reads the arguments of `http.request` or `https.request`. Throws for an invalid URL, as Node does. */
export function readArguments(args: readonly unknown[], scheme: Scheme): HttpArguments {
  const [first, second] = args
  const url = typeof first === 'string' ? new URL(first) : isUrl(first) ? first : undefined
  const given = url === undefined ? first : second
  const options = typeof given === 'object' && given !== null ? (given as HttpOptions) : NO_OPTIONS
  return { call: readCall(options, url, scheme), url, options }
}

/**
 * Returns a copy of the arguments without getters and proxies. The program's code in getters and proxies runs only
 * once, as it would in Node.
 */
export function snapshotArguments(args: readonly unknown[]): unknown[] {
  return args.map(argument => {
    if (typeof argument !== 'object' || argument === null) return argument
    const options = (runsCodeWhenRead(argument) ? { ...argument } : argument) as HttpOptions
    if (isUrl(options)) return options
    const { headers } = options
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers) || !runsCodeWhenRead(headers))
      return options
    return { ...options, headers: { ...headers } }
  })
}

function runsCodeWhenRead(object: object): boolean {
  if (types.isProxy(object)) return true
  return Object.values(Object.getOwnPropertyDescriptors(object)).some(({ get }) => get !== undefined)
}

/** Returns the arguments for the same request with different headers. Keeps the callback. */
export function withHeaders(args: readonly unknown[], { url, options }: HttpArguments, headers: unknown): unknown[] {
  const callback = args.slice(1, 3).find(argument => typeof argument === 'function')
  return [{ ...(url && urlToHttpOptions(url)), ...options, headers }, callback]
}

function readCall(options: HttpOptions, url: URL | undefined, scheme: Scheme): HttpCall {
  const method = readOption(options, 'method')
  const socketPath = readOption(options, 'socketPath')
  const agent = readOption(options, 'agent')
  const hostname = readOption(options, 'hostname', url?.hostname)
  const port =
    readOption(options, 'port', url?.port) || readOption(options, 'defaultPort') || readMember(agent, 'defaultPort')
  const path = readOption(options, 'path')
  const target =
    url !== undefined && !Object.hasOwn(options, 'path')
      ? { ...splitUrl(url), proxiedUrl: undefined }
      : parseTarget(String(path || '/'))
  return {
    scheme: readScheme(readOption(options, 'protocol', url?.protocol) ?? readMember(agent, 'protocol')) ?? scheme,
    method: typeof method === 'string' && method !== '' ? method.toUpperCase() : 'GET',
    host: String(hostname || readOption(options, 'host') || 'localhost'),
    port: Number(port || DEFAULT_PORTS[scheme]),
    socketPath: typeof socketPath === 'string' && socketPath !== '' ? socketPath : undefined,
    ...target,
    agent,
  }
}

/** Reads an option. The option takes precedence over the URL, even if the option is `undefined`. */
function readOption(options: HttpOptions, name: string, urlValue?: string): unknown {
  return Object.hasOwn(options, name) ? options[name] : urlValue
}

function parseTarget(target: string): Pick<HttpCall, 'path' | 'query' | 'proxiedUrl'> {
  const proxiedUrl = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined
  return proxiedUrl === undefined ? { ...splitTarget(target), proxiedUrl } : { ...splitUrl(proxiedUrl), proxiedUrl }
}

function splitUrl({ pathname, search }: URL): PathAndQuery {
  return { path: pathname, query: search.slice(1) }
}

/** Describes an existing request. The port is only known from the request's `Host` header. */
export function readCallOfRequest(request: ClientRequest): HttpCall {
  const { method, host, path, protocol } = request
  const agent = readMember(request, 'agent')
  const scheme = readScheme(protocol) ?? 'http'
  const header = String(request.getHeader('host') ?? '')
  const hostUrl = toOrigin(scheme, host, '')
  const headerUrl = hostUrl && URL.canParse(`${scheme}://${header}`) ? new URL(`${scheme}://${header}`) : undefined
  const port = headerUrl?.hostname === hostUrl?.hostname ? headerUrl?.port : undefined
  const socketPath = readMember(request, 'socketPath')
  return {
    scheme,
    method,
    host,
    port: Number(port || readMember(agent, 'defaultPort') || DEFAULT_PORTS[scheme]),
    socketPath: typeof socketPath === 'string' ? socketPath : undefined,
    ...parseTarget(path),
    agent,
  }
}

/**
 * Returns the request that the point records. For a request to a proxy, this is the request that the proxy forwards.
 */
export function toOutgoingRequest(call: HttpCall): OutgoingRequest {
  const { method, path, query, proxiedUrl, socketPath } = call
  if (proxiedUrl === undefined) {
    const port = socketPath === undefined ? call.port : undefined
    return { scheme: call.scheme, method, hostname: stripBrackets(call.host), port, path, query, socketPath }
  }
  const scheme = readScheme(proxiedUrl.protocol) ?? call.scheme
  const port = proxiedUrl.port === '' ? DEFAULT_PORTS[scheme] : Number(proxiedUrl.port)
  return { scheme, method, hostname: stripBrackets(proxiedUrl.hostname), port, path, query, socketPath: undefined }
}

/**
 * Returns the URLs of all servers that can read the headers: the requested server, the server to connect to, and
 * proxies. An empty string means an unknown server. `sentTarget` is the target that was actually sent. `isHostOnly`
 * omits the paths.
 */
export function listReceivers(
  call: HttpCall,
  sentTarget: string | undefined,
  isHostOnly: boolean,
): readonly (URL | string)[] {
  const { scheme, host, port, agent, proxiedUrl } = call
  const origin = toOrigin(scheme, host, String(port))
  const others: (URL | string | undefined)[] = proxiedUrl === undefined ? [] : [origin]
  // The agent's options take precedence over those of the request.
  const agentHost = readMember(readMember(agent, 'options'), 'host')
  if (agentHost) others.push(toOrigin(scheme, String(agentHost), ''))
  // For https, the proxy only forwards encrypted bytes, so it cannot read the headers.
  if (scheme === 'http') {
    const isRewritten = proxiedUrl === undefined && sentTarget !== undefined && /^https?:/i.test(sentTarget)
    others.push(...listProxies(agent, isRewritten))
  }
  const requestedUrl = origin === undefined || isHostOnly || !call.path.startsWith('/') ? origin : joinUrl(origin, call)
  return [proxiedUrl ?? requestedUrl, ...others].map(receiver => receiver ?? '')
}

function listProxies(agent: unknown, isRewritten: boolean): readonly (URL | string | undefined)[] {
  // On Node 24 and later, Node's own agent rewrites the target of a request that it sends through the proxy.
  const environment = readMember(readMember(agent, 'options'), 'proxyEnv')
  const ownProxy = readMember(environment, 'http_proxy') ?? readMember(environment, 'HTTP_PROXY')
  const found: (URL | string | undefined)[] = isRewritten ? [typeof ownProxy === 'string' ? ownProxy : undefined] : []
  const proxy = readMember(agent, 'proxy')
  if (proxy) found.push(typeof proxy === 'string' ? proxy : readHref(proxy))
  const options = readMember(agent, 'proxyOptions')
  if (options) found.push(toOrigin('http', String(readMember(options, 'host')), ''))
  // The proxy is unknown, because the agent chooses it for each request, perhaps asynchronously.
  if (typeof readMember(agent, 'getProxyForUrl') === 'function') found.push(undefined)
  return found
}

/**
 * Returns the origin of a server as a URL, or `undefined` for an invalid host. The parsed URL of an invalid host might
 * contain a different host: the host of `http://allowed.example@evil` is `evil`.
 */
function toOrigin(scheme: string, givenHost: string, port: string): URL | undefined {
  const host = stripBrackets(givenHost)
  if (isIP(host) !== 6 && !/^[^\s/\\:@?#%[\]]+$/.test(host)) return undefined
  return parseOrigin(`${scheme}://${isIP(host) === 6 ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`)
}

/** Parses an origin. The returned URL is shared, so callers must not change it. */
const parseOrigin = remember(text => (URL.canParse(text) ? new URL(text) : undefined), ...ORIGIN_CACHE_LIMITS)

function stripBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

function readHref(value: unknown): string | undefined {
  const href = readMember(value, 'href')
  return typeof href === 'string' ? href : undefined
}

function readScheme(protocol: unknown): 'http' | 'https' | undefined {
  return protocol === 'https:' ? 'https' : protocol === 'http:' ? 'http' : undefined
}

/** Recognizes URLs from other realms by their members, as Node does. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  const { href, protocol, auth, path } = value as Record<string, unknown>
  return Boolean(href && protocol) && auth === undefined && path === undefined
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
