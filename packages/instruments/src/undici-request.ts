import { sealsRequest } from './sealing-headers.js'

/** The part of undici's request that its channels show and that all its versions from 5 to 8 share. */
export interface UndiciRequest {
  /** Who is connected to: the server, or a proxy. */
  readonly origin: string | URL
  /** From the slash on; or a whole URL, in a request to a proxy. */
  readonly path: string
  readonly method: string
  /** Names and values in turn, a value perhaps a list; or, up to undici 5, the text that will be sent. */
  readonly headers: string | readonly (string | readonly string[])[]
  addHeader(name: string, value: string): unknown
}

/** The URLs of a request: what it asks for, and whom it connects to, which is another one where a proxy stands between. */
export interface RequestUrls {
  readonly target: URL
  readonly peer: URL
}

/** The URLs of a request, or `undefined` where it is not an HTTP request (`CONNECT` opens a tunnel for one). */
export function requestUrls({ origin, path, method }: UndiciRequest): RequestUrls | undefined {
  if (method === 'CONNECT') return undefined
  const peer = new URL(origin)
  // Not resolved against the origin: a path of two slashes would be taken for another host.
  return { peer, target: new URL(path.startsWith('/') ? `${peer.origin}${path}` : path) }
}

/** Whether a request is closed to further headers. */
export function isSealed({ headers }: UndiciRequest): boolean {
  for (const [name, value] of eachHeader(headers)) {
    if (sealsRequest(name, value)) return true
  }
  return false
}

function* eachHeader(headers: UndiciRequest['headers']): Iterable<readonly [name: string, value: string]> {
  if (typeof headers === 'string') {
    for (const line of headers.split('\r\n')) {
      const colon = line.indexOf(':')
      if (colon > 0) yield [line.slice(0, colon), line.slice(colon + 1)]
    }
    return
  }
  for (let index = 0; index + 1 < headers.length; index += 2) yield [String(headers[index]), String(headers[index + 1])]
}
