import { performance } from 'node:perf_hooks'
import type { Answer } from './connection.js'

/** How long records may take to their store, where most probably there are none. */
const GRACE_MS = 2_000
/** Statuses by which a proxy, or the server below the program, refuses a request before the program sees it. */
const BEFORE_THE_PROGRAM: ReadonlySet<number> = new Set([407, 421, 431, 505, 511])
/** Headers by which caches say that they answered. */
const CACHES = ['x-cache', 'cf-cache-status', 'x-vercel-cache', 'x-proxy-cache', 'x-drupal-cache']

/**
 * Says why most probably no service recorded anything, as far as the answer tells; `undefined` where a trace may still
 * come. Records may come in any case: a cache or a proxy can stand behind a service that is traced.
 *
 * @param answer `undefined` where none came, though somebody took the request
 */
export function expectNoTrace(answer: Answer | undefined, url: URL, notFollowed: URL | undefined): string | undefined {
  if (answer === undefined)
    return 'no answer came that could be read, as where a service crashes or a port is for https://'
  if (notFollowed !== undefined && notFollowed.origin !== url.origin)
    return `the answer leads to ${notFollowed.origin}, and the trace is not handed on to others`
  if (BEFORE_THE_PROGRAM.has(answer.status))
    return `with status ${answer.status}, a proxy or the server answers before the program sees the request`
  return isFromCache(answer) ? 'the answer comes from a cache, as its headers say' : undefined
}

/** When to give up a trace of which nothing has come, on the clock of `performance.now()`; see `expectNoTrace`. */
export function endOfGrace(untraced: string | undefined): number | undefined {
  return untraced === undefined ? undefined : performance.now() + GRACE_MS
}

function isFromCache({ headers }: Answer): boolean {
  // RFC 9111, 5.1. Some caches send an age of 0 with what they have just fetched.
  if (/^[1-9]\d*$/.test(headers.age ?? '')) return true
  if (/;\s*hit\b/i.test(String(headers['cache-status'] ?? ''))) return true
  return CACHES.some(name => /^\s*(?:tcp_)?hit\b/i.test(String(headers[name] ?? '')))
}
