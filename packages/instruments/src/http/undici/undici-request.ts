import { Number, Reflect, remember, Set, String, URL } from '@osprofiler/core/toolkit'
import { SIGNING_HEADERS } from '../../propagation/sealing-headers.js'
import { isTraceHeader } from '../../propagation/trace-header-change.js'
import { DEFAULT_PORTS, KNOWN_ORIGINS, type PathAndQuery, splitTarget } from '../request-target.js'

/** The part of undici's request that its channels show and that all its versions from 5 to 8 share. */
export interface UndiciRequest {
  /** Who is connected to: the server, or a proxy. */
  readonly origin: string | URL
  /** From the slash on; or a whole URL, in a request to a proxy. */
  readonly path: string
  readonly method: string
  /** What it asks to make of the connection. */
  readonly upgrade?: unknown
  /** Names and values in turn, a value perhaps a list; or, up to undici 5, the text that will be sent. */
  readonly headers: string | readonly (string | readonly string[])[]
  addHeader(name: string, value: string): unknown
}

/** A server: its URL without a path, and what a point says of it. Nobody may write into it. */
export interface Origin {
  readonly url: URL
  readonly scheme: string
  /** IPv6 without brackets. */
  readonly hostname: string
  readonly port: number
}

/** What a request asks for, and whom it connects to, which is another one where a proxy stands between. */
export interface RequestTarget extends PathAndQuery {
  readonly origin: Origin
  readonly peer: Origin
}

/** What a request asks for, or `undefined` where it is not an HTTP request (`CONNECT` opens a tunnel for one). */
export function requestTarget({ origin, path, method }: UndiciRequest): RequestTarget | undefined {
  if (method === 'CONNECT') return undefined
  const peer = originOf(String(origin))
  // Not resolved against the origin: a path of two slashes would be taken for another host.
  if (path.startsWith('/')) return { origin: peer, ...splitTarget(path), peer }
  const url = new URL(path)
  return { origin: originOf(url.origin), ...splitTarget(url.pathname + url.search), peer }
}

/** Remembered: a program asks for the same few all the time. */
const originOf = remember<Origin>(
  text => {
    const url = new URL(text)
    const scheme = url.protocol.slice(0, -1)
    const port = url.port === '' ? DEFAULT_PORTS[scheme === 'https' ? 'https' : 'http'] : Number(url.port)
    return { url, scheme, hostname: url.hostname.replace(/^\[|\]$/g, ''), port }
  },
  ...KNOWN_ORIGINS,
)

/** The headers of a request that decide about those of a trace: their names, and their values, which may be lists. */
export function decidingHeaders({ headers }: UndiciRequest): readonly (readonly [name: string, value: unknown])[] {
  if (typeof headers === 'string')
    return headers
      .split('\r\n')
      .map(splitLine)
      .filter(([name]) => mayDecide(name))
  const deciding: [string, unknown][] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = String(headers[index])
    if (mayDecide(name)) deciding.push([name, headers[index + 1]])
  }
  return deciding
}

const LENGTHS: ReadonlySet<number> = new Set(['x-trace-info', ...SIGNING_HEADERS].map(({ length }) => length))

/** Whether a header may be one of a trace, or hold a signature: by its length, which spares nearly all others. */
function mayDecide({ length }: string): boolean {
  return LENGTHS.has(length)
}

/** Takes the headers of a trace off a request. */
export function removeTraceHeaders(request: UndiciRequest): void {
  const { headers } = request
  const others =
    typeof headers === 'string'
      ? headers
          .split('\r\n')
          .filter(line => !isTraceHeader(splitLine(line)[0]))
          .join('\r\n')
      : headers.filter((_, index) => !isTraceHeader(String(headers[index - (index % 2)])))
  Reflect.set(request, 'headers', others)
}

function splitLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return colon > 0 ? [line.slice(0, colon), line.slice(colon + 1)] : ['', line]
}
