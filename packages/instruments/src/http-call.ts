import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import { urlToHttpOptions } from 'node:url'
import type { OutgoingRequest } from './requests-info.js'

type Scheme = 'http' | 'https'

/** A request to a server as `node:http` was asked for it. */
export interface HttpCall {
  readonly scheme: Scheme
  readonly method: string
  /** Whom it names as the one to connect to, as the program wrote it. */
  readonly host: string
  readonly port: number
  readonly socketPath: string | undefined
  /** From the slash on; or a whole URL, in a request to a proxy. */
  readonly target: string
  readonly agent: unknown
}

/** The arguments of `http.request` as Node understands them. */
export interface HttpArguments {
  readonly call: HttpCall
  readonly headers: unknown
  /** As given, but for a URL in a text: that is parsed by now. */
  readonly args: unknown[]
  /** Arguments that mean the same, with other headers. */
  withHeaders(headers: unknown): unknown[]
}

/** Reads the arguments of `http.request`, or of that of `https`. Throws for a URL that is none, as Node will. */
export function readArguments(args: readonly unknown[], scheme: Scheme): HttpArguments {
  const [first, ...rest] = args
  const url = typeof first === 'string' ? new URL(first) : isUrl(first) ? first : undefined
  const second = url === undefined ? first : rest[0]
  const given = typeof second === 'object' && second !== null ? (second as HttpOptions) : {}
  const own = (name: string): unknown => (Object.hasOwn(given, name) ? given[name] : undefined)
  return {
    call: url === undefined ? readCall(own, scheme) : readCall(withUrl(own, given, url), scheme),
    headers: own('headers'),
    args: url === undefined ? [...args] : [url, ...rest],
    withHeaders(headers) {
      const callback = typeof second === 'function' ? second : url === undefined ? rest[0] : rest[1]
      return [{ ...(url && urlToHttpOptions(url)), ...given, headers }, callback]
    },
  }
}

/** Members of the options, which come from the program: any of them may be anything. */
type HttpOptions = Readonly<Record<string, unknown>>
type ReadOption = (name: string) => unknown

/** What the options have, even if it is `undefined`, wins over the URL. */
function withUrl(own: ReadOption, given: HttpOptions, url: URL): ReadOption {
  return name => {
    if (Object.hasOwn(given, name)) return own(name)
    switch (name) {
      case 'protocol':
      case 'hostname':
      case 'port':
        return url[name]
      case 'path':
        return url.pathname + url.search
      default:
        return undefined
    }
  }
}

function readCall(option: ReadOption, scheme: Scheme): HttpCall {
  const method = option('method')
  const socketPath = option('socketPath')
  const agent = option('agent')
  const port = option('port') || option('defaultPort') || readMember(agent, 'defaultPort')
  return {
    scheme: readScheme(option('protocol') ?? readMember(agent, 'protocol')) ?? scheme,
    method: typeof method === 'string' && method !== '' ? method.toUpperCase() : 'GET',
    host: String(option('hostname') || option('host') || 'localhost'),
    port: Number(port || DEFAULT_PORTS[scheme]),
    socketPath: typeof socketPath === 'string' && socketPath !== '' ? socketPath : undefined,
    target: String(option('path') || '/'),
    agent,
  }
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
    target: path,
    agent,
  }
}

/** What its point tells. Of a request to a proxy, what it asks for there. */
export function outgoingRequest({ scheme, method, host, port, socketPath, target }: HttpCall): OutgoingRequest {
  const whole = wholeUrl(target)
  const path = whole === undefined ? target : whole.pathname + whole.search
  const mark = path.indexOf('?')
  const request = {
    method,
    path: mark === -1 ? path : path.slice(0, mark),
    query: mark === -1 ? '' : path.slice(mark + 1),
  }
  if (whole === undefined) {
    return {
      ...request,
      scheme,
      hostname: bareHost(host),
      port: socketPath === undefined ? port : undefined,
      socketPath,
    }
  }
  const wholeScheme = readScheme(whole.protocol) ?? scheme
  const wholePort = whole.port === '' ? DEFAULT_PORTS[wholeScheme] : Number(whole.port)
  return { ...request, scheme: wholeScheme, hostname: bareHost(whole.hostname), port: wholePort }
}

/**
 * All who would read a header of this request: whom it is for, whom it connects to, and proxies. What is no URL stands
 * for somebody who cannot be known. `sent` is the target that was sent in the end; `hostOnly` leaves the path out of the
 * URLs.
 */
export function receivers(call: HttpCall, sent: string = call.target, hostOnly = false): readonly (URL | string)[] {
  const { scheme, host, port, agent, target } = call
  const origin = originOf(scheme, host, String(port))
  const whole = wholeUrl(target)
  const others: (URL | string | undefined)[] = whole === undefined ? [] : [origin]
  // What an agent was made with wins over what the request says.
  const agentHost = readMember(readMember(agent, 'options'), 'host')
  if (agentHost) others.push(originOf(scheme, String(agentHost), ''))
  // Through a proxy, https is a tunnel: it sees nothing of it.
  if (scheme === 'http') others.push(...proxies(agent, sent !== target))
  // Not resolved against the origin: a path of two slashes would be taken for another host.
  const asked = origin === undefined || hostOnly || !target.startsWith('/') ? origin : `${origin.origin}${target}`
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

const DEFAULT_PORTS = { http: 80, https: 443 }

const MAX_REMEMBERED = 500
const origins = new Map<string, URL | undefined>()

/** Remembered: a program asks for the same few all the time. Nobody may write into what is returned. */
function originOf(scheme: string, host: string, port: string): URL | undefined {
  const key = `${scheme} ${port} ${host}`
  if (!origins.has(key)) {
    if (origins.size >= MAX_REMEMBERED) origins.clear()
    origins.set(key, parseOrigin(scheme, bareHost(host), port))
  }
  return origins.get(key)
}

/** `undefined` for what is no host: put into a URL it might become another one, as `allowed.example@evil` would. */
function parseOrigin(scheme: string, host: string, port: string): URL | undefined {
  if (isIP(host) !== 6 && !/^[^\s/\\:@?#%[\]]+$/.test(host)) return undefined
  const origin = `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`
  return URL.canParse(origin) ? new URL(origin) : undefined
}

function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

function wholeUrl(target: string): URL | undefined {
  if (target.startsWith('/')) return undefined
  return /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined
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
