/** The ports of URLs that name none. */
export const DEFAULT_PORTS = { http: 80, https: 443 }

/** How many origins are remembered, and of which length: a program asks for the same few all the time. */
export const KNOWN_ORIGINS = [500, 300] as const

/** What a request asks a server for. */
export interface PathAndQuery {
  /** From the slash on. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

export function splitTarget(target: string): PathAndQuery {
  const mark = target.indexOf('?')
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** Not resolved against the origin: a path of two slashes would be taken for another host. */
export function joinUrl({ origin }: URL, { path, query }: PathAndQuery): string {
  return query === '' ? origin + path : `${origin}${path}?${query}`
}
