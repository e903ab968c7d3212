import type { Agent as HttpAgent } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'
import { createBoundWork } from '../bound-work.js'
import { loadClient } from '../client-package.js'
import { type Exchange, exchange, follow, RETRYABLE, watchRequests } from './exchange.js'
import { readRejected } from './rejected.js'
import type { OtlpSettings } from './settings.js'
import type { ReadableSpan } from './span.js'

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** Sends spans to a collector, one request at a time. */
export interface OtlpSender {
  /**
   * Resolves to how many of them the collector rejected.
   *
   * @throws OsprofilerError `ERR_STORE` where none was taken, `ERR_WRITE_REFUSED`, `ERR_WRITE_UNCERTAIN`
   */
  send(spans: readonly ReadableSpan[]): Promise<number>
  /** Has the exporter end its own work. */
  leave(): Promise<void>
  /** Breaks the connection, with a request that is under way. */
  cut(): void
}

const LONGEST_PAUSE_MS = 60_000

/**
 * A sender over OpenTelemetry's own exporter, which is loaded on first use.
 *
 * The exporter tells nobody what a collector rejected, tries a request again that may have arrived, and holds the
 * process while it waits for that. So its requests are watched by the agent that it is given, what they end in is taken
 * from there, and to the exporter itself no failure looks as if it could be tried again: the notifier does that.
 */
export function createOtlpSender(settings: OtlpSettings, lookup: LookupFunction): OtlpSender {
  const work = createBoundWork()
  let exporter: Promise<OTLPTraceExporter> | undefined
  let agent: HttpAgent | undefined
  let current: Exchange | undefined
  let pausedUntil = 0

  async function createAgent(): Promise<HttpAgent> {
    const options = { keepAlive: true, maxSockets: 1, lookup, ...settings.tls }
    const { Agent } = settings.url.startsWith('https:') ? await import('node:https') : await import('node:http')
    agent = watchRequests(new Agent(options), request => {
      // Given up before the exporter had made it.
      if (current === undefined) request.destroy()
      else follow(request, current)
    })
    return agent
  }

  async function load(): Promise<OTLPTraceExporter> {
    const { url, protocol, headers, timeoutMs, compression } = settings
    const options = { url, headers, timeoutMillis: timeoutMs, httpAgentOptions: createAgent }
    const { OTLPTraceExporter: Exporter } =
      protocol === 'http/json'
        ? await loadClient('@opentelemetry/exporter-trace-otlp-http')
        : await loadClient('@opentelemetry/exporter-trace-otlp-proto')
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
      const loaded = await exporter
      const outcome = await work.run(end =>
        exchange(loaded, spans, settings.timeoutMs, opened => {
          current = opened
          end.addEventListener('abort', () => opened.giveUp('it ended before an answer came'))
        }),
      )
      current = undefined
      if ('failure' in outcome) throw outcome.failure
      const { status, body, retryAfter } = outcome
      if (status >= 200 && status < 300) return Math.min(readRejected(body, settings.protocol), spans.length)
      if (!RETRYABLE.has(status)) throw toRefusal(status)
      pausedUntil = performance.now() + readPause(retryAfter)
      throw new OsprofilerError('ERR_STORE', `The collector takes nothing now: it answered ${status}.`)
    },
    async leave() {
      const loaded = await exporter?.catch(() => undefined)
      await loaded?.shutdown()
    },
    cut() {
      work.abort()
      agent?.destroy()
    },
  }
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

function readPause(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter)
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : 0
}
