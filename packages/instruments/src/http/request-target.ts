/** Ports of URLs that name no port. */
export const DEFAULT_PORTS = { http: 80, https: 443 }

/** How many origins are remembered, and up to which length. A program asks for the same few all the time. */
export const ORIGIN_CACHE_LIMITS = [500, 300] as const

/** Target of a request at its server, split into path and query. */
export interface PathAndQuery {
  /** With the leading slash. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
}

/** Splits a request's target at the first question mark. */
export function splitTarget(target: string): PathAndQuery {
  const mark = target.indexOf('?')
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** Does not resolve the path: a path with two leading slashes would count as another host. */
export function joinUrl({ origin }: URL, { path, query }: PathAndQuery): string {
  return query === '' ? origin + path : `${origin}${path}?${query}`
}
