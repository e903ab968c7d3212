import { performance } from 'node:perf_hooks'
import { createTraceId, signedPack } from '@osprofiler/core'
import type { Answer, Connection, Exchange } from './connection.js'
import { describeFailure } from './describe-failure.js'
import { expectNoTrace } from './expect-no-trace.js'
import type { ParsedRequest } from './parse-request.js'

const MAX_REDIRECTS = 10
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const PAIR = ['x-trace-info', 'x-trace-hmac']
/** Headers that tell of a body. */
const OF_BODY = ['content-type', 'content-length', 'content-encoding', 'transfer-encoding']

/** The outcome of a request that was sent. */
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
  /** Why waiting for a trace is in vain, as far as the answer tells; see `expectNoTrace`. */
  readonly untraced: string | undefined
}

/**
 * Signs a request as a new trace, sends it, and reads the answer to its end. Redirects are followed within the same
 * origin only: whoever gets the signed headers may use them.
 *
 * @param timeoutMs after which it is given up
 */
export async function sendRequest(
  request: ParsedRequest,
  key: string,
  connection: Connection,
  timeoutMs: number,
): Promise<SentRequest> {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
  const headers = request.headers.filter(([name]) => !PAIR.includes(name.toLowerCase()))
  const signed = { ...request, headers: [...headers, ['X-Trace-Info', info], ['X-Trace-HMAC', hmac]] as const }
  const signal = AbortSignal.timeout(timeoutMs)
  const began = performance.now()
  const { answer, error, isConnected, notFollowed } = await follow(signed, connection, signal)
  const durationMs = performance.now() - began
  const failure = error === undefined ? undefined : describe(error, { signal, timeoutMs, isConnected })
  return {
    baseId,
    durationMs,
    status: answer?.status,
    failure,
    delivered: isConnected,
    clockAheadMs: answer === undefined ? undefined : readClock(answer),
    notFollowed,
    untraced: signal.aborted ? undefined : expectNoTrace(answer, request.url, notFollowed),
  }
}

async function follow(
  request: ParsedRequest,
  connection: Connection,
  signal: AbortSignal,
): Promise<Exchange & { readonly notFollowed: URL | undefined }> {
  let current = request
  for (let hops = 0; ; hops++) {
    const exchange = await connection.send(current, signal)
    const target = exchange.answer === undefined ? undefined : redirectTarget(exchange.answer, current.url)
    const isLast = hops === MAX_REDIRECTS || exchange.error !== undefined
    if (target?.origin !== current.url.origin || isLast) return { ...exchange, notFollowed: target }
    current = redirect(current, target, exchange.answer?.status ?? 0)
  }
}

/** As browsers do: after a form is sent, one is led to a page. */
function redirect(request: ParsedRequest, url: URL, status: number): ParsedRequest {
  const { method, headers } = request
  const moved = { ...request, url, path: `${url.pathname}${url.search}` }
  if (status !== 303 && (status > 303 || method !== 'POST')) return moved
  return {
    ...moved,
    method: method === 'HEAD' ? method : 'GET',
    headers: headers.filter(([name]) => !OF_BODY.includes(name.toLowerCase())),
    body: undefined,
  }
}

function redirectTarget({ status, headers: { location } }: Answer, from: URL): URL | undefined {
  return REDIRECTS.has(status) && location !== undefined && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined
}

function readClock({ headers }: Answer): number | undefined {
  const date = Date.parse(headers.date ?? '')
  return Number.isNaN(date) ? undefined : date - Date.now()
}

function describe(
  error: unknown,
  { signal, timeoutMs, isConnected }: { signal: AbortSignal; timeoutMs: number; isConnected: boolean },
): string {
  if (!signal.aborted) return describeFailure(error)
  return `no ${isConnected ? 'whole answer' : 'connection'} within ${timeoutMs / 1_000} s`
}
