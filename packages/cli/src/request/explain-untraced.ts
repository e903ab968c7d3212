import { performance } from 'node:perf_hooks'
import type { Answer } from './connection.js'

/** How long to wait for records if the answer shows that there are probably none. */
const UNTRACED_GRACE_MS = 2_000
/** Statuses with which a proxy, or the HTTP server itself, refuses a request before the application sees it. */
const PROXY_REFUSAL_STATUSES: ReadonlySet<number> = new Set([407, 421, 431, 505, 511])
/** Headers in which a cache reports that the answer came from the cache. */
const CACHE_HEADER_NAMES = ['x-cache', 'cf-cache-status', 'x-vercel-cache', 'x-proxy-cache', 'x-drupal-cache']

/**
 * Returns the most likely reason why no service traced the request, or `undefined` if the answer shows no such reason.
 * Records may arrive in spite of a reason, because a traced service can be in front of a cache or a proxy. `answer` is
 * `undefined` if the request was received but not answered.
 */
export function explainUntraced(
  answer: Answer | undefined,
  url: URL,
  unfollowedRedirect: URL | undefined,
): string | undefined {
  if (answer === undefined) return 'no readable answer came (a service may have crashed, or the port may be for https)'
  if (unfollowedRedirect !== undefined && unfollowedRedirect.origin !== url.origin)
    return `the answer redirects to ${unfollowedRedirect.origin}, and the trace is not passed on to other hosts`
  if (PROXY_REFUSAL_STATUSES.has(answer.status))
    return `with status ${answer.status}, a proxy or the server answered before the program got the request`
  return isFromCache(answer) ? 'the answer came from a cache, as its headers say' : undefined
}

/**
 * Returns the time at which to stop waiting if no record has arrived, on the clock of `performance.now()`. Returns
 * `undefined` if `explainUntraced` found no reason.
 */
export function computeGraceDeadline(untracedReason: string | undefined): number | undefined {
  return untracedReason === undefined ? undefined : performance.now() + UNTRACED_GRACE_MS
}

function isFromCache({ headers }: Answer): boolean {
  // A cache adds the `Age` header to its responses (RFC 9111, 5.1). An age of 0 does not count, because some caches
  // send it with a response that they have just fetched.
  if (/^[1-9]\d*$/.test(headers.age ?? '')) return true
  if (/;\s*hit\b/i.test(String(headers['cache-status'] ?? ''))) return true
  return CACHE_HEADER_NAMES.some(name => /^\s*(?:tcp_)?hit\b/i.test(String(headers[name] ?? '')))
}
