import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import { urlToHttpOptions } from 'node:url'
import { Array, Boolean, Number, Object, remember, String, types, URL } from '@osprofiler/core/toolkit'
import type { OutgoingRequest } from '../describe-request.js'
import { DEFAULT_PORTS, joinUrl, KNOWN_ORIGINS, type PathAndQuery, splitTarget } from '../request-target.js'

type Scheme = 'http' | 'https'

/** A request to a server as `node:http` was asked for it. */
export interface HttpCall extends PathAndQuery {
  readonly scheme: Scheme
  readonly method: string
  /** Whom it names as the one to connect to, as the program wrote it. */
  readonly host: string
  readonly port: number
  readonly socketPath: string | undefined
  /** What is asked for instead by a whole URL, in a request to a proxy. */
  readonly whole: URL | undefined
  readonly agent: unknown
}

/** The arguments of `http.request` as Node understands them. */
export interface HttpArguments {
  readonly call: HttpCall
  readonly url: URL | undefined
  readonly options: HttpOptions
}

/** The options, which come from the program: any of them may be anything. */
type HttpOptions = Readonly<Record<string, unknown>>

const NO_OPTIONS: HttpOptions = {}

/** Reads the arguments of `http.request`, or of that of `https`. Throws for a URL that is none, as Node will. */
export function readArguments(args: readonly unknown[], scheme: Scheme): HttpArguments {
  const [first, second] = args
  const url = typeof first === 'string' ? new URL(first) : isUrl(first) ? first : undefined
  const given = url === undefined ? first : second
  const options = typeof given === 'object' && given !== null ? (given as HttpOptions) : NO_OPTIONS
  return { call: readCall(options, url, scheme), url, options }
}

/**
 * Arguments that mean the same, in which nothing runs code of the program any more: an option may be an accessor, and the
 * options a proxy. Node reads each of them once.
 */
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

/** Arguments that mean the same, with other headers. */
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

/** What the options have, even if it is `undefined`, wins over the URL. */
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

/** A request that exists. Which port it goes to it does not say, but for the header that Node makes of that. */
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

/** What its point tells. Of a request to a proxy, what it asks for there. */
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
 * All who would read a header of this request: whom it is for, whom it connects to, and proxies. What is no URL stands
 * for somebody who cannot be known. `sent` is the target that was sent in the end; `hostOnly` leaves the path out of the
 * URLs.
 */
export function receivers(call: HttpCall, sent: string | undefined, hostOnly: boolean): readonly (URL | string)[] {
  const { scheme, host, port, agent, whole } = call
  const origin = originOf(scheme, host, String(port))
  const others: (URL | string | undefined)[] = whole === undefined ? [] : [origin]
  // What an agent was made with wins over what the request says.
  const agentHost = readMember(readMember(agent, 'options'), 'host')
  if (agentHost) others.push(originOf(scheme, String(agentHost), ''))
  // Through a proxy, https is a tunnel: it sees nothing of it.
  if (scheme === 'http') {
    const rewritten = whole === undefined && sent !== undefined && /^https?:/i.test(sent)
    others.push(...proxies(agent, rewritten))
  }
  const asked = origin === undefined || hostOnly || !call.path.startsWith('/') ? origin : joinUrl(origin, call)
  return [whole ?? asked, ...others].map(receiver => receiver ?? '')
}

/** The proxy of an agent, as the agents that are in use keep it. */
function proxies(agent: unknown, rewritten: boolean): readonly (URL | string | undefined)[] {
  // Node's own, from 24 on, says by the target that it makes whether it uses the proxy for this request.
  const environment = readMember(readMember(agent, 'options'), 'proxyEnv')
  const own = readMember(environment, 'http_proxy') ?? readMember(environment, 'HTTP_PROXY')
  const found: (URL | string | undefined)[] = rewritten ? [typeof own === 'string' ? own : undefined] : []
  const proxy = readMember(agent, 'proxy')
  if (proxy) found.push(typeof proxy === 'string' ? proxy : readUrl(proxy))
  const options = readMember(agent, 'proxyOptions')
  if (options) found.push(originOf('http', String(readMember(options, 'host')), ''))
  // Asked for each request anew, and perhaps answered by a promise.
  if (typeof readMember(agent, 'getProxyForUrl') === 'function') found.push(undefined)
  return found
}

/** `undefined` for what is no host: put into a URL it might become another one, as `allowed.example@evil` would. */
function originOf(scheme: string, given: string, port: string): URL | undefined {
  const host = bareHost(given)
  if (isIP(host) !== 6 && !/^[^\s/\\:@?#%[\]]+$/.test(host)) return undefined
  return parseOrigin(`${scheme}://${isIP(host) === 6 ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`)
}

/** Remembered: a program asks for the same few all the time. Nobody may write into what is returned. */
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

/** As Node knows one: by its members, so that those of another realm count. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  const { href, protocol, auth, path } = value as Record<string, unknown>
  return Boolean(href && protocol) && auth === undefined && path === undefined
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
