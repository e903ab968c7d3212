import { performance } from 'node:perf_hooks'
import type { Answer } from './connection.js'

/** How long to wait for records that most probably do not exist. */
const GRACE_MS = 2_000
/** Statuses of refusals by a proxy, or by the server below the program, before the program sees the request. */
const BEFORE_THE_PROGRAM: ReadonlySet<number> = new Set([407, 421, 431, 505, 511])
/** Headers in which caches say that they answered. */
const CACHES = ['x-cache', 'cf-cache-status', 'x-vercel-cache', 'x-proxy-cache', 'x-drupal-cache']

/**
 * Says why most probably no service recorded anything, or returns `undefined` if a trace may still come. Records may
 * come in any case, because a cache or a proxy can be behind a traced service. `answer` is `undefined` if none came
 * although the request was received.
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

/** Returns when to give up a trace without records, on the clock of `performance.now()`; see `expectNoTrace`. */
export function endOfGrace(untraced: string | undefined): number | undefined {
  return untraced === undefined ? undefined : performance.now() + GRACE_MS
}

function isFromCache({ headers }: Answer): boolean {
  // RFC 9111, 5.1. Some caches send an age of 0 with a response that they have just fetched.
  if (/^[1-9]\d*$/.test(headers.age ?? '')) return true
  if (/;\s*hit\b/i.test(String(headers['cache-status'] ?? ''))) return true
  return CACHES.some(name => /^\s*(?:tcp_)?hit\b/i.test(String(headers[name] ?? '')))
}
