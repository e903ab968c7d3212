import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { readRejected } from './otlp-rejected.js'
import type { OtlpSettings } from './otlp-settings.js'
import type { ReadableSpan } from './otlp-span.js'
import { within } from './within.js'

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** Sends spans to a collector, one request at a time. */
export interface OtlpSender {
  /**
   * Resolves to how many of them the collector rejected.
   *
   * @throws OsprofilerError `ERR_STORE` where none was taken, `ERR_WRITE_REFUSED`, `ERR_WRITE_UNCERTAIN`
   */
  send(spans: readonly ReadableSpan[]): Promise<number>
  close(): Promise<void>
}

/** What became of one request. */
interface Exchange {
  /** Whether a connection was there, so that the collector may have got the request. */
  connected: boolean
  request: ClientRequest | undefined
  settle(outcome: Outcome): void
}

type Outcome =
  | { readonly status: number; readonly body: Buffer; readonly retryAfter: string | undefined }
  | { readonly failure: Error }

/** OpenTelemetry's `ExportResultCode`. */
const SUCCESS = 0
const ACCEPTED: Outcome = { status: 200, body: Buffer.alloc(0), retryAfter: undefined }
/** By OTLP's specification these are to be tried again; what else is not 2xx never is. */
const RETRYABLE = new Set([429, 502, 503, 504])
const LONGEST_BODY = 65_536
const LONGEST_PAUSE_MS = 60_000
const SHUTDOWN_MS = 1_000

/**
 * A sender over OpenTelemetry's own exporter, which is loaded on first use.
 *
 * The exporter tells nobody what a collector rejected, tries a request again that may have arrived, and holds the
 * process while it waits for that. So its requests are watched by the agent that it is given, what they end in is taken
 * from there, and to the exporter itself no failure looks as if it could be tried again: the notifier does that.
 */
export function createOtlpSender(settings: OtlpSettings): OtlpSender {
  let exporter: Promise<OTLPTraceExporter> | undefined
  let agent: HttpAgent | undefined
  let current: Exchange | undefined
  let pausedUntil = 0

  async function createAgent(): Promise<HttpAgent> {
    const options = { keepAlive: true, maxSockets: 1, ...settings.tls }
    const { Agent } = settings.url.startsWith('https:') ? await import('node:https') : await import('node:http')
    agent = watchRequests(new Agent(options), request => current !== undefined && follow(request, current))
    return agent
  }

  async function load(): Promise<OTLPTraceExporter> {
    const { url, protocol, headers, timeoutMs, compression } = settings
    const options = { url, headers, timeoutMillis: timeoutMs, httpAgentOptions: createAgent }
    const { OTLPTraceExporter: Exporter } =
      protocol === 'http/json'
        ? await import('@opentelemetry/exporter-trace-otlp-http')
        : await import('@opentelemetry/exporter-trace-otlp-proto')
    return new Exporter({
      ...options,
      ...(compression !== undefined && { compression: compression as NonNullable<ExporterOptions['compression']> }),
    })
  }

  return {
    async send(spans) {
      if (performance.now() < pausedUntil)
        throw new OsprofilerError('ERR_STORE', 'The collector asked to be left alone for a while.')
      exporter ??= load()
      const outcome = await exchange(await exporter, spans, settings.timeoutMs, opened => {
        current = opened
      })
      current = undefined
      if ('failure' in outcome) throw outcome.failure
      const { status, body, retryAfter } = outcome
      if (status >= 200 && status < 300) return Math.min(readRejected(body, settings.protocol), spans.length)
      if (!RETRYABLE.has(status)) throw toRefusal(status)
      pausedUntil = performance.now() + readPause(retryAfter)
      throw new OsprofilerError('ERR_STORE', `The collector takes nothing now: it answered ${status}.`)
    },
    async close() {
      agent?.destroy()
      const loaded = await exporter?.catch(() => undefined)
      if (loaded !== undefined) await within(SHUTDOWN_MS, loaded.shutdown())
    },
  }
}

/** Has every request of an agent seen before it goes out. */
function watchRequests(agent: HttpAgent, see: (request: ClientRequest) => void): HttpAgent {
  const add: unknown = Reflect.get(agent, 'addRequest')
  if (typeof add !== 'function') return agent
  return Object.assign(agent, {
    addRequest(request: ClientRequest, ...rest: readonly unknown[]): void {
      see(request)
      Reflect.apply(add, agent, [request, ...rest])
    },
  })
}

/** Sends one request and waits for its end, or for a time. */
function exchange(
  exporter: OTLPTraceExporter,
  spans: readonly ReadableSpan[],
  timeoutMs: number,
  open: (exchange: Exchange) => void,
): Promise<Outcome> {
  return new Promise(resolve => {
    const opened: Exchange = { connected: false, request: undefined, settle }
    const deadline = setTimeout(() => {
      settle({ failure: toFailure(opened, 'no answer in time') })
      opened.request?.destroy()
    }, timeoutMs).unref()
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

function follow(request: ClientRequest, exchange: Exchange): void {
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

function toRefusal(status: number): OsprofilerError {
  const hint =
    status === 401 || status === 403
      ? ' Its credentials belong into OTEL_EXPORTER_OTLP_HEADERS.'
      : status === 404
        ? ' Is this the path of its endpoint for traces?'
        : ''
  return new OsprofilerError('ERR_WRITE_REFUSED', `The collector refused the spans: it answered ${status}.${hint}`)
}

/** A code tells what happened; a message may hold what is nobody's business. */
function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const shown = typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : 'unknown'
  return /CERT|SIGNATURE|ALTNAME|ISSUER/.test(shown)
    ? `${shown}; its certificate is not trusted, see OTEL_EXPORTER_OTLP_CERTIFICATE`
    : shown
}

function readPause(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter)
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : 0
}
