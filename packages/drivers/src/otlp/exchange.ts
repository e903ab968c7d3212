import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { Buffer, clearTimeout, Object, Promise, Reflect, Set, setTimeout } from '@osprofiler/core/toolkit'
import type { ReadableSpan } from './span.js'

/** One request to a collector, while it is under way. */
export interface Exchange {
  /** Whether a connection was there, so that the collector may have got the request. */
  connected: boolean
  request: ClientRequest | undefined
  settle(outcome: Outcome): void
  /** Ends it without an answer, for a reason that can be shown. */
  giveUp(reason: string): void
}

/** What became of it: an answer, or none. */
export type Outcome =
  | { readonly status: number; readonly body: Buffer; readonly retryAfter: string | undefined }
  | { readonly failure: Error }

/** By OTLP's specification these are to be tried again; what else is not 2xx never is. */
export const RETRYABLE = new Set([429, 502, 503, 504])
/** OpenTelemetry's `ExportResultCode`. */
const SUCCESS = 0
const ACCEPTED: Outcome = { status: 200, body: Buffer.alloc(0), retryAfter: undefined }
const LONGEST_BODY = 65_536

/** Sends one request and waits for its end, or for a time. */
export function exchange(
  exporter: OTLPTraceExporter,
  spans: readonly ReadableSpan[],
  timeoutMs: number,
  open: (exchange: Exchange) => void,
): Promise<Outcome> {
  return new Promise(resolve => {
    const opened: Exchange = { connected: false, request: undefined, settle, giveUp }
    const deadline = setTimeout(() => giveUp('no answer in time'), timeoutMs).unref()
    function giveUp(reason: string): void {
      settle({ failure: toFailure(opened, reason) })
      opened.request?.destroy()
    }
    function settle(outcome: Outcome): void {
      clearTimeout(deadline)
      resolve(outcome)
    }
    open(opened)
    try {
      exporter.export([...spans], ({ code, error }) => {
        // Of a request it knows no more than was seen.
        if (opened.request !== undefined) return
        settle(code === SUCCESS ? ACCEPTED : { failure: toFailure(opened, codeOf(error)) })
      })
    } catch (cause) {
      settle({ failure: new OsprofilerError('ERR_WRITE_REFUSED', 'The spans cannot be encoded.', { cause }) })
    }
  })
}

/** Has every request of an agent seen before it goes out. */
export function watchRequests(agent: HttpAgent, see: (request: ClientRequest) => void): HttpAgent {
  const add: unknown = Reflect.get(agent, 'addRequest')
  if (typeof add !== 'function') return agent
  return Object.assign(agent, {
    addRequest(request: ClientRequest, ...rest: readonly unknown[]): void {
      see(request)
      Reflect.apply(add, agent, [request, ...rest])
    },
  })
}

/** Takes what a request ends in from the request itself, and has the exporter see no failure that it would try again. */
export function follow(request: ClientRequest, exchange: Exchange): void {
  exchange.request = request
  request.on('socket', socket => {
    // Whoever waits for the write keeps the process alive, and nobody else.
    socket.unref()
    exchange.connected = request.reusedSocket
    if (exchange.connected) return
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      exchange.connected = true
    })
  })
  request.prependListener('error', (error: NodeJS.ErrnoException) => {
    exchange.settle({ failure: toFailure(exchange, codeOf(error)) })
    delete error.code
  })
  request.prependListener('response', (response: IncomingMessage) => {
    const { statusCode: status = 0, headers } = response
    if (RETRYABLE.has(status)) response.statusCode = 500
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= LONGEST_BODY) chunks.push(chunk)
    })
    // Closed without an end: the rest of the answer never comes, but its status is known.
    for (const event of ['end', 'close']) {
      response.once(event, () => {
        exchange.settle({ status, body: Buffer.concat(chunks), retryAfter: headers['retry-after'] })
      })
    }
  })
}

function toFailure({ connected }: Exchange, reason: string): OsprofilerError {
  if (!connected) return new OsprofilerError('ERR_STORE', `The collector cannot be reached: ${reason}.`)
  return new OsprofilerError(
    'ERR_WRITE_UNCERTAIN',
    `The connection to the collector ended before its answer (${reason}): nobody knows whether it has the spans.`,
  )
}

/** A code tells what happened; a message may hold what is nobody's business. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const shown = typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : 'unknown'
  return /CERT|SIGNATURE|ALTNAME|ISSUER/.test(shown)
    ? `${shown}; its certificate is not trusted, see OTEL_EXPORTER_OTLP_CERTIFICATE`
    : shown
}
