import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import { urlToHttpOptions } from 'node:url'
import { Array, Boolean, Number, Object, remember, String, types, URL } from '@osprofiler/core/toolkit'
import type { OutgoingRequest } from '../describe-request.js'
import { DEFAULT_PORTS, joinUrl, KNOWN_ORIGINS, type PathAndQuery, splitTarget } from '../request-target.js'

type Scheme = 'http' | 'https'

/** Outgoing request as passed to `node:http`, with Node's defaults filled in. */
export interface HttpCall extends PathAndQuery {
  readonly scheme: Scheme
  readonly method: string
  /** The host to connect to, as the program wrote it. */
  readonly host: string
  readonly port: number
  readonly socketPath: string | undefined
  /** The URL that a request to a proxy asks for. */
  readonly whole: URL | undefined
  readonly agent: unknown
}

/** Arguments of `http.request` or `https.request`, as Node understands them. */
export interface HttpArguments {
  readonly call: HttpCall
  readonly url: URL | undefined
  readonly options: HttpOptions
}

/** Options of the program, which may have any type. */
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

/** Returns equal arguments without accessors and proxies. Like Node, runs the code of the program in them once. */
export function readOnce(args: readonly unknown[]): unknown[] {
  return args.map(argument => {
    if (typeof argument !== 'object' || argument === null) return argument
    const options = (isLive(argument) ? { ...argument } : argument) as HttpOptions
    if (isUrl(options)) return options
    const { headers } = options
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers) || !isLive(headers)) return options
    return { ...options, headers: { ...headers } }
  })
}

function isLive(object: object): boolean {
  if (types.isProxy(object)) return true
  return Object.values(Object.getOwnPropertyDescriptors(object)).some(({ get }) => get !== undefined)
}

/** Returns arguments for the same request with other headers. Keeps the callback. */
export function withHeaders(args: readonly unknown[], { url, options }: HttpArguments, headers: unknown): unknown[] {
  const callback = args.slice(1, 3).find(argument => typeof argument === 'function')
  return [{ ...(url && urlToHttpOptions(url)), ...options, headers }, callback]
}

function readCall(options: HttpOptions, url: URL | undefined, scheme: Scheme): HttpCall {
  const method = own(options, 'method')
  const socketPath = own(options, 'socketPath')
  const agent = own(options, 'agent')
  const hostname = own(options, 'hostname', url?.hostname)
  const port = own(options, 'port', url?.port) || own(options, 'defaultPort') || readMember(agent, 'defaultPort')
  const path = own(options, 'path')
  const asked =
    url !== undefined && !Object.hasOwn(options, 'path')
      ? { ...splitUrl(url), whole: undefined }
      : readTarget(String(path || '/'))
  return {
    scheme: readScheme(own(options, 'protocol', url?.protocol) ?? readMember(agent, 'protocol')) ?? scheme,
    method: typeof method === 'string' && method !== '' ? method.toUpperCase() : 'GET',
    host: String(hostname || own(options, 'host') || 'localhost'),
    port: Number(port || DEFAULT_PORTS[scheme]),
    socketPath: typeof socketPath === 'string' && socketPath !== '' ? socketPath : undefined,
    ...asked,
    agent,
  }
}

/** An option wins over the URL, even if the option is `undefined`. */
function own(options: HttpOptions, name: string, ofUrl?: string): unknown {
  return Object.hasOwn(options, name) ? options[name] : ofUrl
}

function readTarget(target: string): Pick<HttpCall, 'path' | 'query' | 'whole'> {
  const whole = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined
  return whole === undefined ? { ...splitTarget(target), whole } : { ...splitUrl(whole), whole }
}

function splitUrl({ pathname, search }: URL): PathAndQuery {
  return { path: pathname, query: search.slice(1) }
}

/** Describes an existing request. Only its `Host` header shows the port. */
export function callOfRequest(request: ClientRequest): HttpCall {
  const { method, host, path, protocol } = request
  const agent = readMember(request, 'agent')
  const scheme = readScheme(protocol) ?? 'http'
  const header = String(request.getHeader('host') ?? '')
  const named = originOf(scheme, host, '')
  const shown = named && URL.canParse(`${scheme}://${header}`) ? new URL(`${scheme}://${header}`) : undefined
  const port = shown?.hostname === named?.hostname ? shown?.port : undefined
  const socketPath = readMember(request, 'socketPath')
  return {
    scheme,
    method,
    host,
    port: Number(port || readMember(agent, 'defaultPort') || DEFAULT_PORTS[scheme]),
    socketPath: typeof socketPath === 'string' ? socketPath : undefined,
    ...readTarget(path),
    agent,
  }
}

/** Returns what the point records: for a request to a proxy, the URL that the request asks for. */
export function outgoingRequest(call: HttpCall): OutgoingRequest {
  const { method, path, query, whole, socketPath } = call
  if (whole === undefined) {
    const port = socketPath === undefined ? call.port : undefined
    return { scheme: call.scheme, method, hostname: bareHost(call.host), port, path, query, socketPath }
  }
  const scheme = readScheme(whole.protocol) ?? call.scheme
  const port = whole.port === '' ? DEFAULT_PORTS[scheme] : Number(whole.port)
  return { scheme, method, hostname: bareHost(whole.hostname), port, path, query, socketPath: undefined }
}

/**
 * Returns all readers of a header: the requested server, the server to connect to, and proxies. An empty string stands
 * for an unknown reader. `sent` is the target that was sent in the end. `hostOnly` leaves out paths.
 */
export function receivers(call: HttpCall, sent: string | undefined, hostOnly: boolean): readonly (URL | string)[] {
  const { scheme, host, port, agent, whole } = call
  const origin = originOf(scheme, host, String(port))
  const others: (URL | string | undefined)[] = whole === undefined ? [] : [origin]
  // The options of the agent win over those of the request.
  const agentHost = readMember(readMember(agent, 'options'), 'host')
  if (agentHost) others.push(originOf(scheme, String(agentHost), ''))
  // For https, a proxy only sees a tunnel.
  if (scheme === 'http') {
    const rewritten = whole === undefined && sent !== undefined && /^https?:/i.test(sent)
    others.push(...proxies(agent, rewritten))
  }
  const asked = origin === undefined || hostOnly || !call.path.startsWith('/') ? origin : joinUrl(origin, call)
  return [whole ?? asked, ...others].map(receiver => receiver ?? '')
}

function proxies(agent: unknown, rewritten: boolean): readonly (URL | string | undefined)[] {
  // Node's own agent, from 24 on, rewrites the target if it uses the proxy.
  const environment = readMember(readMember(agent, 'options'), 'proxyEnv')
  const own = readMember(environment, 'http_proxy') ?? readMember(environment, 'HTTP_PROXY')
  const found: (URL | string | undefined)[] = rewritten ? [typeof own === 'string' ? own : undefined] : []
  const proxy = readMember(agent, 'proxy')
  if (proxy) found.push(typeof proxy === 'string' ? proxy : readUrl(proxy))
  const options = readMember(agent, 'proxyOptions')
  if (options) found.push(originOf('http', String(readMember(options, 'host')), ''))
  // Unknown, because the agent asks anew for each request, perhaps by a promise.
  if (typeof readMember(agent, 'getProxyForUrl') === 'function') found.push(undefined)
  return found
}

/** Returns `undefined` for an invalid host, which could become another one in a URL: `allowed.example@evil`. */
function originOf(scheme: string, given: string, port: string): URL | undefined {
  const host = bareHost(given)
  if (isIP(host) !== 6 && !/^[^\s/\\:@?#%[\]]+$/.test(host)) return undefined
  return parseOrigin(`${scheme}://${isIP(host) === 6 ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`)
}

/** Shared, so the URL must not change. */
const parseOrigin = remember(text => (URL.canParse(text) ? new URL(text) : undefined), ...KNOWN_ORIGINS)

function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

function readUrl(value: unknown): string | undefined {
  const href = readMember(value, 'href')
  return typeof href === 'string' ? href : undefined
}

function readScheme(protocol: unknown): 'http' | 'https' | undefined {
  return protocol === 'https:' ? 'https' : protocol === 'http:' ? 'http' : undefined
}

/** Recognizes URLs of other realms by their members, as Node does. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  const { href, protocol, auth, path } = value as Record<string, unknown>
  return Boolean(href && protocol) && auth === undefined && path === undefined
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
