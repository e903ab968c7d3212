import type { Agent as HttpAgent } from 'node:http'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'
import { loadClient } from '../../opening/client-package.js'
import type { StoreLifetime } from '../../opening/store-driver.js'
import type { ReadableSpan } from '../points/readable-span.js'
import type { OtlpSettings } from '../settings/settings.js'
import { type Answer, createRefusesAllError, isCollectorFailure, readAnswer, readPauseMs } from './answer.js'
import { type Exchange, followRequest, type Outcome, runExchange, watchRequests } from './exchange.js'
import { countRejectedSpans } from './rejected-spans.js'

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** A client of one collector. The driver makes one call at a time. */
export interface OtlpSender {
  /**
   * Sends spans, and resolves to the number of rejected spans. Rejects with `ERR_STORE`, `ERR_WRITE_REFUSED` or
   * `ERR_WRITE_UNCERTAIN`.
   */
  send(spans: readonly ReadableSpan[]): Promise<number>
  /**
   * Sends a request without spans, unless the collector answered the last request as expected. Rejects with `ERR_STORE`
   * if the request is not accepted.
   */
  check(): Promise<void>
  /**
   * Sends a request without spans. Rejects with `ERR_STORE` even if the collector refuses this request, because the
   * request contains no span that could be the reason.
   */
  confirm(): Promise<void>
  disconnect(): Promise<void>
  destroy(): void
}

/** If a connection was idle for this long, the server may close it just as the next request is sent. */
const MIN_STALE_IDLE_MS = 200
const MIN_REPEAT_INTERVAL_MS = 10_000

/**
 * What is known about the collector after the last request. `good`: the collector accepted the spans or refused only
 * these spans. `doubtful`: the collector did not answer.
 */
type CollectorState = 'unknown' | 'good' | 'doubtful'

/**
 * Creates a sender that uses OpenTelemetry's exporter, which is loaded on first use. The exporter does not report
 * rejected spans. It also retries requests that may have arrived, and keeps the process alive while it waits. Therefore
 * the sender watches each request of the exporter's agent, and reads the outcome from the request itself. The sender
 * hides failures from the exporter, so that the exporter does not retry. The notifier retries instead.
 */
export function createOtlpSender(settings: OtlpSettings, { lookup, run }: StoreLifetime): OtlpSender {
  const isSecure = settings.url.startsWith('https:')
  let exporter: Promise<OTLPTraceExporter> | undefined
  let agent: HttpAgent | undefined
  let current: Exchange | undefined
  let collectorState: CollectorState = 'unknown'
  let refusesProbes = false
  let answeredAt = Number.NEGATIVE_INFINITY
  let repeatedAt = Number.NEGATIVE_INFINITY
  let pausedUntil = 0
  let pausedBy: OsprofilerError | undefined

  async function createAgent(): Promise<HttpAgent> {
    const options = { keepAlive: true, maxSockets: 1, lookup, ...settings.tls }
    const { Agent } = isSecure ? await import('node:https') : await import('node:http')
    agent = watchRequests(new Agent(options), request => {
      // The request was canceled before the exporter created it.
      if (current === undefined) request.destroy()
      else followRequest(request, current)
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

  /**
   * Returns whether a request may be repeated. A repetition is allowed after an idle time of `MIN_STALE_IDLE_MS`,
   * because the server may have closed the connection. Without this idle time, a repetition is allowed once every
   * `MIN_REPEAT_INTERVAL_MS`.
   */
  function canRepeat(): boolean {
    const now = performance.now()
    const isAllowed = now - answeredAt >= MIN_STALE_IDLE_MS || now - repeatedAt >= MIN_REPEAT_INTERVAL_MS
    if (isAllowed) repeatedAt = now
    return isAllowed
  }

  /**
   * Sends a request. Repeats the request once if it was sent on a reused connection that the server had already closed.
   */
  async function request(spans: readonly ReadableSpan[]): Promise<Outcome> {
    exporter ??= load()
    const { timeoutMs } = settings
    const transport = { exporter: await exporter, timeoutMs, isSecure, hasClientCertificate: 'cert' in settings.tls }
    const sendOnce = (): Promise<Outcome> =>
      run(signal =>
        runExchange(transport, spans, opened => {
          current = opened
          signal.addEventListener('abort', () => opened.giveUp('the driver stopped waiting for the answer'))
        }),
      )
    const outcome = await sendOnce()
    const settled = 'failure' in outcome && outcome.isStale && canRepeat() ? await sendOnce() : outcome
    current = undefined
    if ('answer' in settled) answeredAt = performance.now()
    return settled
  }

  /** Sends a request. Resolves to the answer if the collector accepted the request, and rejects in all other cases. */
  async function sendOrThrow(spans: readonly ReadableSpan[]): Promise<Answer> {
    const left = pausedUntil - performance.now()
    if (left > 0) {
      const message = `The collector asked for a pause, which ends in ${Math.ceil(left / 1000)} s.`
      throw new OsprofilerError('ERR_STORE', message, { cause: pausedBy })
    }
    const outcome = await request(spans)
    if ('failure' in outcome) {
      if (outcome.failure.code === 'ERR_WRITE_UNCERTAIN') collectorState = 'doubtful'
      else if (collectorState === 'good') collectorState = 'unknown'
      throw outcome.failure
    }
    const refusal = readAnswer(outcome.answer, settings)
    collectorState = refusal?.code === 'ERR_STORE' ? 'unknown' : 'good'
    if (refusal === undefined) {
      refusesProbes = false
      return outcome.answer
    }
    if (refusal.code === 'ERR_STORE') {
      pausedBy = refusal
      pausedUntil = performance.now() + readPauseMs(outcome.answer)
    }
    throw refusal
  }

  /** Sends a request without spans. No span is lost if the collector does not answer. */
  async function sendProbe(): Promise<void> {
    try {
      await sendOrThrow([])
    } catch (error) {
      if (!(error instanceof OsprofilerError) || error.code !== 'ERR_WRITE_REFUSED') throw error
      // A collector that refuses a request without spans may still accept spans, unless it has already refused spans.
      if (refusesProbes || isCollectorFailure(error)) throw createRefusesAllError(error)
    }
  }

  async function confirm(): Promise<void> {
    refusesProbes = true
    await sendProbe()
  }

  return {
    async check() {
      if (collectorState !== 'good' || refusesProbes) await sendProbe()
    },
    confirm,
    async send(spans) {
      if (collectorState === 'doubtful') await sendProbe()
      const { body, contentType } = await sendOrThrow(spans)
      return Math.min(countRejectedSpans(body, contentType, settings.protocol), spans.length)
    },
    async disconnect() {
      const loaded = await exporter?.catch(() => undefined)
      await loaded?.shutdown()
    },
    destroy: () => agent?.destroy(),
  }
}
