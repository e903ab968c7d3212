import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { Buffer, clearTimeout, Object, Promise, Reflect, Set, setTimeout } from '@osprofiler/core/toolkit'
import type { ReadableSpan } from '../points/readable-span.js'
import { type Answer, RETRYABLE_STATUSES } from './answer.js'
import { type Attempt, readErrorCode, toRequestError } from './failure.js'

/** A request to a collector that is in progress. Only the first outcome that is reported counts. */
export interface Exchange {
  connected: boolean
  request: ClientRequest | undefined
  settle(outcome: Outcome): void
  /** Ends the request without an answer. The reason is shown to users. */
  giveUp(reason: string): void
  /** Ends the request without an answer, because of a connection error. */
  fail(error: unknown): void
}

/** The outcome of a request: the collector's answer with any status, or the failure if there was no answer. */
export type Outcome =
  | { readonly answer: Answer }
  | {
      readonly failure: OsprofilerError
      /**
       * Whether a reused connection ended before any answer arrived. This happens if the collector had already closed
       * the connection.
       */
      readonly isStale: boolean
    }

/** The exporter that sends a request, the time limit for the answer, and facts that explain a failure. */
export interface Transport extends Pick<Attempt, 'isSecure' | 'hasClientCertificate'> {
  readonly exporter: OTLPTraceExporter
  readonly timeoutMs: number
}

/** `ExportResultCode.SUCCESS` of OpenTelemetry. */
const EXPORT_SUCCESS = 0
const ACCEPTED_OUTCOME: Outcome = { answer: { status: 200, body: Buffer.alloc(0) } }
const MAX_BODY_BYTES = 65_536
/** Error codes of a connection that the collector has closed. */
const CLOSED_CODES = new Set(['ECONNRESET', 'EPIPE'])

/** Sends one request, and waits for its outcome for at most `timeoutMs`. */
export function runExchange(
  { exporter, timeoutMs, isSecure, hasClientCertificate }: Transport,
  spans: readonly ReadableSpan[],
  open: (exchange: Exchange) => void,
): Promise<Outcome> {
  return new Promise(resolve => {
    const opened: Exchange = { connected: false, request: undefined, settle, giveUp, fail }
    const deadline = setTimeout(() => giveUp('no answer in time'), timeoutMs).unref()
    function giveUp(reason: string): void {
      settle({ failure: toError(reason), isStale: false })
      opened.request?.destroy()
    }
    function fail(error: unknown): void {
      const isStale = opened.request?.reusedSocket === true && CLOSED_CODES.has(readErrorCode(error))
      settle({ failure: toError(error), isStale })
    }
    function toError(reason: unknown): OsprofilerError {
      return toRequestError(
        { connected: opened.connected, isProbe: spans.length === 0, isSecure, hasClientCertificate },
        reason,
      )
    }
    function settle(outcome: Outcome): void {
      clearTimeout(deadline)
      resolve(outcome)
    }
    open(opened)
    try {
      exporter.export([...spans], ({ code, error }) => {
        // If a request exists, the events of the request determine the outcome, because the exporter hides details.
        if (opened.request !== undefined) return
        if (code === EXPORT_SUCCESS) settle(ACCEPTED_OUTCOME)
        else settle({ failure: toError(error), isStale: false })
      })
    } catch (cause) {
      const failure = new OsprofilerError('ERR_WRITE_REFUSED', 'The spans cannot be encoded.', { cause })
      settle({ failure, isStale: false })
    }
  })
}

/** Calls `onRequest` with every request of an agent before the request is sent. */
export function watchRequests(agent: HttpAgent, onRequest: (request: ClientRequest) => void): HttpAgent {
  const add: unknown = Reflect.get(agent, 'addRequest')
  if (typeof add !== 'function') return agent
  return Object.assign(agent, {
    addRequest(request: ClientRequest, ...rest: readonly unknown[]): void {
      onRequest(request)
      Reflect.apply(add, agent, [request, ...rest])
    },
  })
}

/**
 * Settles the exchange with the outcome of the request. Changes the status or error code of some failures before the
 * exporter sees them, so that the exporter does not retry.
 */
export function followRequest(request: ClientRequest, exchange: Exchange): void {
  exchange.request = request
  request.on('socket', socket => {
    // A pending write keeps the process alive, but the socket must not.
    socket.unref()
    exchange.connected = request.reusedSocket
    if (exchange.connected) return
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      exchange.connected = true
    })
  })
  request.prependListener('error', (error: NodeJS.ErrnoException) => {
    exchange.fail(error)
    delete error.code
  })
  request.prependListener('response', (response: IncomingMessage) => {
    const { statusCode: status = 0, headers } = response
    if (RETRYABLE_STATUSES.has(status)) response.statusCode = 500
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    // If `close` arrives without `end`, the rest of the answer never arrives, but the status is known.
    for (const event of ['end', 'close']) {
      response.once(event, () => {
        const { location, date, 'retry-after': retryAfter, 'content-type': contentType } = headers
        exchange.settle({ answer: { status, body: Buffer.concat(chunks), retryAfter, contentType, location, date } })
      })
    }
  })
}
