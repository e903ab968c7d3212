/** The default ports of URLs without a port. */
export const DEFAULT_PORTS = { http: 80, https: 443 }

/**
 * The maximum number of cached origins, and the maximum length of each. The cache helps, because a program usually
 * sends its requests to a few origins.
 */
export const ORIGIN_CACHE_LIMITS = [500, 300] as const

/** The target of a request, split into path and query. */
export interface PathAndQuery {
  /** Includes the leading slash. */
  readonly path: string
  /** Excludes the question mark. */
  readonly query: string
}

/** Splits a request's target at the first question mark. */
export function splitTarget(target: string): PathAndQuery {
  const mark = target.indexOf('?')
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/**
 * Joins the origin and the path as strings. If the path were resolved, a path with two leading slashes would be taken
 * as a host.
 */
export function joinUrl({ origin }: URL, { path, query }: PathAndQuery): string {
  return query === '' ? origin + path : `${origin}${path}?${query}`
}
