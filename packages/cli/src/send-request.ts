import { performance } from 'node:perf_hooks'
import { createTraceId, signedPack } from '@osprofiler/core'
import type { DescribedRequest } from './describe-request.js'

const MOST_REDIRECTS = 10
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Failures after somebody took the request: it may have left a trace. */
const AFTER_SENDING = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_(HEADERS|BODY)_TIMEOUT|HPE_.*)$/

/** What became of a request that was sent. */
export interface SentRequest {
  /** The trace as which it was signed. */
  readonly baseId: string
  /** Until the last byte of the answer, in milliseconds. */
  readonly durationMs: number
  /** `undefined` where no answer came. */
  readonly status: number | undefined
  /** Why there is no answer, or no whole one. */
  readonly failure: string | undefined
  /** Whether somebody may have taken the request. */
  readonly delivered: boolean
  /** What the server's clock is ahead of this one, in milliseconds, give or take a second; where the server tells. */
  readonly clockAheadMs: number | undefined
  /** Where a redirect leads that was not followed. */
  readonly notFollowed: URL | undefined
}

/**
 * Signs a request as a new trace, sends it, and reads the answer to its end. Redirects are followed within the same
 * origin only: whoever gets the signed headers may use them.
 *
 * @param timeoutMs after which it is given up
 */
export async function sendRequest(request: DescribedRequest, key: string, timeoutMs: number): Promise<SentRequest> {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
  const headers = new Headers(request.headers)
  headers.set('X-Trace-Info', info)
  headers.set('X-Trace-HMAC', hmac)
  const began = performance.now()
  let response: Response | undefined
  let error: unknown
  try {
    response = await follow({ ...request, headers }, AbortSignal.timeout(timeoutMs))
    // What is not read does not end, and the server's point spans to the end.
    await response.body?.pipeTo(new WritableStream())
  } catch (cause) {
    error = cause
  }
  return {
    baseId,
    durationMs: performance.now() - began,
    status: response?.status,
    failure: error === undefined ? undefined : describe(error, timeoutMs),
    delivered: response !== undefined || isTimeout(error) || AFTER_SENDING.test(errorCode(error) ?? ''),
    clockAheadMs: response === undefined ? undefined : readClock(response),
    notFollowed: response === undefined ? undefined : redirectTarget(response),
  }
}

async function follow(request: DescribedRequest, signal: AbortSignal): Promise<Response> {
  let { url, method, headers, body } = request
  for (let hops = 0; ; hops++) {
    const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal })
    const target = redirectTarget(response)
    if (target?.origin !== url.origin || hops === MOST_REDIRECTS) return response
    await response.body?.cancel()
    // As browsers do: after a form is sent, one is led to a page.
    if (response.status === 303 || (response.status < 303 && method === 'POST')) {
      method = method === 'HEAD' ? method : 'GET'
      headers = new Headers(headers)
      headers.delete('content-type')
      body = undefined
    }
    url = target
  }
}

function redirectTarget(response: Response): URL | undefined {
  const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null
  return location !== null && URL.canParse(location, response.url) ? new URL(location, response.url) : undefined
}

function readClock(response: Response): number | undefined {
  const date = Date.parse(response.headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date - Date.now()
}

function describe(error: unknown, timeoutMs: number): string {
  if (isTimeout(error)) return `no whole answer within ${timeoutMs / 1_000} s`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return errorCode(error) ?? (cause instanceof Error ? cause.message : String(cause))
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

/** The code of what lies below fetch's "fetch failed". */
function errorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}
