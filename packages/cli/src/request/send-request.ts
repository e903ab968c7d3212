import { performance } from 'node:perf_hooks'
import { beginTrace, type SignedTrace, TRACE_HEADER_NAMES, USUAL_TERMS } from '../keys/sign-trace.js'
import type { Answer, Connection, Exchange } from './connection.js'
import { describeFailure } from './describe-failure.js'
import { explainUntraced } from './explain-untraced.js'
import type { ConnectTimes } from './open-ahead.js'
import type { ParsedRequest } from './parse-request.js'
import { readVerdict, type ServiceVerdict } from './read-verdict.js'

const MAX_REDIRECTS = 10
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308])
const BODY_HEADER_NAMES = ['content-type', 'content-length', 'content-encoding', 'transfer-encoding']

/** The outcome of a signed request, whether or not it was answered. */
export interface SentRequest {
  readonly baseId: string
  /** Time from the request to the last byte of the answer, in milliseconds. Opening the connection is not included. */
  readonly durationMs: number
  /** How long opening the connection took. `undefined` if the connection was already open, or could not be opened. */
  readonly connectTimes: ConnectTimes | undefined
  /** Number of answers, including redirects. */
  readonly answers: number
  /** Status of the last answer. `undefined` if there was no answer. */
  readonly status: number | undefined
  /** Why there is no answer, or only a part of the answer. `undefined` if the answer is complete. */
  readonly failure: string | undefined
  /** Whether the server may have received this request, or an earlier request that was redirected to this one. */
  readonly mayHaveArrived: boolean
  /**
   * How far the server's clock is ahead of the local clock, in milliseconds. Accurate to one second. `undefined` if the
   * server does not report its time.
   */
  readonly clockAheadMs: number | undefined
  /** The target of a redirect that was not followed. */
  readonly unfollowedRedirect: URL | undefined
  /** Why there is probably no trace, according to the answer. See `explainUntraced`. */
  readonly untracedReason: string | undefined
  /** The service's report, in the answer, about whether it traced the request. `undefined` if there was no report. */
  readonly verdict: ServiceVerdict | undefined
}

/**
 * Begins a new trace with the given wishes. Signs the request, sends it, and reads the answer to its end. Stops waiting
 * after `timeoutMs`. Follows redirects only within the same origin, because anyone who gets the signed headers can use
 * them.
 */
export async function sendRequest(
  request: ParsedRequest,
  key: string,
  connection: Connection,
  timeoutMs: number,
  wishes: readonly string[] = [],
): Promise<SentRequest> {
  const trace = beginTrace(key, { ...USUAL_TERMS, wants: [...USUAL_TERMS.wants, ...wishes] })
  const headers = request.headers.filter(([name]) => !TRACE_HEADER_NAMES.includes(name.toLowerCase()))
  const signal = AbortSignal.timeout(timeoutMs)
  const connectTimes = await connection.open(signal)
  const began = performance.now()
  const { answer, answers, error, isConnected, mayHaveArrived, unfollowedRedirect } = await followRedirects(
    { ...request, headers },
    trace,
    connection,
    signal,
  )
  const durationMs = performance.now() - began
  const failure = error === undefined ? undefined : describeSendFailure(error, { signal, timeoutMs, isConnected })
  return {
    baseId: trace.baseId,
    durationMs,
    connectTimes,
    answers,
    status: answer?.status,
    failure,
    mayHaveArrived,
    clockAheadMs: answer === undefined ? undefined : measureClockAhead(answer),
    unfollowedRedirect,
    verdict: readVerdict(answer, trace.baseId),
    untracedReason: signal.aborted ? undefined : explainUntraced(answer, request.url, unfollowedRedirect),
  }
}

/**
 * Returns how many requests must have points in the trace before it is complete. This is the number of answers. If the
 * last answer failed, returns `Infinity`, so that the trace never counts as complete: the server may still record
 * points.
 */
export function countTracedRequests({ answers, failure }: Pick<SentRequest, 'answers' | 'failure'>): number {
  return failure === undefined ? answers : Number.POSITIVE_INFINITY
}

async function followRedirects(
  request: ParsedRequest,
  trace: SignedTrace,
  connection: Connection,
  signal: AbortSignal,
): Promise<Exchange & Pick<SentRequest, 'answers' | 'mayHaveArrived' | 'unfollowedRedirect'>> {
  let current = request
  let previous: Exchange | undefined
  for (let redirects = 0; ; redirects++) {
    const signed = { ...current, headers: [...current.headers, ...trace.signRequest(current.url)] }
    const exchange = await connection.send(signed, signal)
    const target = exchange.answer === undefined ? undefined : findRedirectTarget(exchange.answer, current.url)
    const isBroken = exchange.error !== undefined
    const isSameOrigin = target?.origin === current.url.origin
    if (!isSameOrigin || isBroken || redirects === MAX_REDIRECTS) {
      const mayHaveArrived = previous !== undefined || exchange.isConnected
      // The request that was answered with a redirect may have been traced, even if the request to its target was not
      // answered.
      return {
        ...previous,
        ...exchange,
        answers: exchange.answer === undefined ? redirects : redirects + 1,
        mayHaveArrived,
        unfollowedRedirect: isSameOrigin && isBroken ? undefined : target,
      }
    }
    previous = exchange
    current = createRedirectedRequest(current, target, exchange.answer?.status ?? 0)
  }
}

/**
 * Creates the request to the target of a redirect. As in browsers, the method becomes GET for status 303, and for a
 * POST with status 301 or 302.
 */
function createRedirectedRequest(request: ParsedRequest, url: URL, status: number): ParsedRequest {
  const { method, headers } = request
  const moved = { ...request, url, path: `${url.pathname}${url.search}` }
  if (status !== 303 && (status > 303 || method !== 'POST')) return moved
  return {
    ...moved,
    method: method === 'HEAD' ? method : 'GET',
    headers: headers.filter(([name]) => !BODY_HEADER_NAMES.includes(name.toLowerCase())),
    body: undefined,
  }
}

function findRedirectTarget({ status, headers: { location } }: Answer, from: URL): URL | undefined {
  return REDIRECT_STATUSES.has(status) && location !== undefined && URL.canParse(location, from.href)
    ? new URL(location, from)
    : undefined
}

function measureClockAhead({ headers, receivedAt }: Answer): number | undefined {
  const date = Date.parse(headers.date ?? '')
  return Number.isNaN(date) ? undefined : date - receivedAt
}

function describeSendFailure(
  error: unknown,
  { signal, timeoutMs, isConnected }: { signal: AbortSignal; timeoutMs: number; isConnected: boolean },
): string {
  if (!signal.aborted) return describeFailure(error)
  return `no ${isConnected ? 'whole answer' : 'connection'} within ${timeoutMs / 1_000} s`
}
