import { Number, Reflect, remember, Set, String, URL } from '@osprofiler/core/toolkit'
import { SIGNATURE_HEADER_NAMES } from '../../propagation/signature-limits.js'
import { isTraceHeader } from '../../propagation/trace-header-change.js'
import { DEFAULT_PORTS, ORIGIN_CACHE_LIMITS, type PathAndQuery, splitTarget } from '../request-target.js'

/** The part of undici's request that channels expose in all versions from 5 to 8. */
export interface UndiciRequest {
  /** The server or proxy to connect to. */
  readonly origin: string | URL
  /** A path with its leading slash, or a full URL in a request to a proxy. */
  readonly path: string
  readonly method: string
  readonly upgrade?: unknown
  /** Alternating names and values. A value may be a list. Up to undici 5, all headers are one string. */
  readonly headers: string | readonly (string | readonly string[])[]
  addHeader(name: string, value: string): unknown
}

/**
 * A server's URL without a path, and the values that a point records about the server. Requests share the URL, so
 * callers must not change it.
 */
export interface Origin {
  readonly url: URL
  readonly scheme: string
  readonly hostname: string
  readonly port: number
}

/** The requested server, and the peer to connect to. The peer may be a proxy. */
export interface RequestTarget extends PathAndQuery {
  readonly origin: Origin
  readonly peer: Origin
}

/** Returns the target, or `undefined` for `CONNECT`, which only opens a tunnel for another request. */
export function readRequestTarget({ origin, path, method }: UndiciRequest): RequestTarget | undefined {
  if (method === 'CONNECT') return undefined
  const peer = parseOrigin(String(origin))
  // The path is not resolved against the origin, because a path with two leading slashes would be resolved as a host.
  if (path.startsWith('/')) return { origin: peer, ...splitTarget(path), peer }
  const url = new URL(path)
  return { origin: parseOrigin(url.origin), ...splitTarget(url.pathname + url.search), peer }
}

const parseOrigin = remember<Origin>(
  text => {
    const url = new URL(text)
    const scheme = url.protocol.slice(0, -1)
    const port = url.port === '' ? DEFAULT_PORTS[scheme === 'https' ? 'https' : 'http'] : Number(url.port)
    return { url, scheme, hostname: url.hostname.replace(/^\[|\]$/g, ''), port }
  },
  ...ORIGIN_CACHE_LIMITS,
)

/**
 * Returns the headers that decide how the trace headers change: trace headers and signatures, perhaps with a few
 * others. A value may be a list.
 */
export function listDecidingHeaders({ headers }: UndiciRequest): readonly (readonly [name: string, value: unknown])[] {
  if (typeof headers === 'string')
    return headers
      .split('\r\n')
      .map(splitLine)
      .filter(([name]) => isDecidingName(name))
  const deciding: [string, unknown][] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = String(headers[index])
    if (isDecidingName(name)) deciding.push([name, headers[index + 1]])
  }
  return deciding
}

const DECIDING_NAME_LENGTHS: ReadonlySet<number> = new Set(
  ['x-trace-info', 'x-trace-ticket', ...SIGNATURE_HEADER_NAMES].map(({ length }) => length),
)

/**
 * Returns whether a header may be a trace header or contain a signature. Compares only the length of the name, which
 * excludes nearly all other headers.
 */
function isDecidingName({ length }: string): boolean {
  return DECIDING_NAME_LENGTHS.has(length)
}

/**
 * Removes the trace headers from a request. Replaces the list of headers, because undici has no method that removes a
 * header.
 */
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
