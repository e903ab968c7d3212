import type { Agent as HttpAgent } from 'node:http'
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OsprofilerError } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'
import { loadClient } from '../../opening/client-package.js'
import type { StoreLifetime } from '../../opening/store-driver.js'
import type { ReadableSpan } from '../points/readable-span.js'
import type { OtlpSettings } from '../settings/settings.js'
import { type Answer, isOwnFailure, readAnswer, readPause, refusesAll } from './answer.js'
import { type Exchange, exchange, follow, type Outcome, watchRequests } from './exchange.js'
import { countRejectedSpans } from './rejected-spans.js'

type ExporterOptions = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

/** Sends spans to a collector, one request at a time. */
export interface OtlpSender {
  /**
   * Resolves to how many of them the collector rejected.
   *
   * @throws OsprofilerError `ERR_STORE` where none was taken, `ERR_WRITE_REFUSED`, `ERR_WRITE_UNCERTAIN`
   */
  send(spans: readonly ReadableSpan[]): Promise<number>
  /**
   * Asks the collector by a request without spans, unless its last answer was good.
   *
   * @throws OsprofilerError `ERR_STORE` where the collector takes no requests
   */
  check(): Promise<void>
  /**
   * Asks the collector by a request without spans: a refusal of that one concerns no span.
   *
   * @throws OsprofilerError `ERR_STORE` where the collector refuses or takes no requests
   */
  confirm(): Promise<void>
  /** Has the exporter end its own work. */
  leave(): Promise<void>
  /** Breaks the connection, with a request that is under way. */
  cut(): void
}

/** Servers close a connection that was idle for some time, perhaps at the moment of the next request. */
const IDLE_MS = 200
const BETWEEN_REPEATS_MS = 10_000

/** How the collector ended the last request: it took or judged that, or took nothing, or did not answer. */
type Standing = 'unknown' | 'good' | 'doubtful'

/**
 * A sender over OpenTelemetry's own exporter, which is loaded on first use.
 *
 * The exporter tells nobody what a collector rejected, tries a request again that may have arrived, and holds the
 * process while it waits for that. So its requests are watched by the agent that it is given, what they end in is taken
 * from there, and to the exporter itself no failure looks as if it could be tried again: the notifier does that.
 */
export function createOtlpSender(settings: OtlpSettings, { lookup, run }: StoreLifetime): OtlpSender {
  const isSecure = settings.url.startsWith('https:')
  let exporter: Promise<OTLPTraceExporter> | undefined
  let agent: HttpAgent | undefined
  let current: Exchange | undefined
  let standing: Standing = 'unknown'
  let refusesQuestions = false
  let answeredAt = Number.NEGATIVE_INFINITY
  let repeatedAt = Number.NEGATIVE_INFINITY
  let pausedUntil = 0
  let pausedBy: OsprofilerError | undefined

  async function createAgent(): Promise<HttpAgent> {
    const options = { keepAlive: true, maxSockets: 1, lookup, ...settings.tls }
    const { Agent } = isSecure ? await import('node:https') : await import('node:http')
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

  /**
   * Whether a kept connection that ended before an answer may have been closed before the request: an idle one is. One that
   * was in use a moment ago has the benefit of the doubt, but not again and again.
   */
  function mayRepeat(): boolean {
    const now = performance.now()
    const isLikely = now - answeredAt >= IDLE_MS || now - repeatedAt >= BETWEEN_REPEATS_MS
    if (isLikely) repeatedAt = now
    return isLikely
  }

  /** A request, which is sent once more where it met the end of a kept connection. */
  async function request(spans: readonly ReadableSpan[]): Promise<Outcome> {
    exporter ??= load()
    const { timeoutMs } = settings
    const transport = { exporter: await exporter, timeoutMs, isSecure, hasClientCertificate: 'cert' in settings.tls }
    const once = (): Promise<Outcome> =>
      run(end =>
        exchange(transport, spans, opened => {
          current = opened
          end.addEventListener('abort', () => opened.giveUp('it ended before an answer came'))
        }),
      )
    const outcome = await once()
    const settled = 'failure' in outcome && outcome.isStale && mayRepeat() ? await once() : outcome
    current = undefined
    if ('answer' in settled) answeredAt = performance.now()
    return settled
  }

  /** Resolves to the answer of a collector that took the request. */
  async function take(spans: readonly ReadableSpan[]): Promise<Answer> {
    const left = pausedUntil - performance.now()
    if (left > 0) {
      const message = `The collector asked to be left alone, for ${Math.ceil(left / 1000)} s more.`
      throw new OsprofilerError('ERR_STORE', message, { cause: pausedBy })
    }
    const outcome = await request(spans)
    if ('failure' in outcome) {
      if (outcome.failure.code === 'ERR_WRITE_UNCERTAIN') standing = 'doubtful'
      else if (standing === 'good') standing = 'unknown'
      throw outcome.failure
    }
    const refusal = readAnswer(outcome.answer, settings)
    standing = refusal?.code === 'ERR_STORE' ? 'unknown' : 'good'
    if (refusal === undefined) {
      refusesQuestions = false
      return outcome.answer
    }
    if (refusal.code === 'ERR_STORE') {
      pausedBy = refusal
      pausedUntil = performance.now() + readPause(outcome.answer)
    }
    throw refusal
  }

  /** Sends a request without spans: nothing is lost where it has no answer. */
  async function ask(): Promise<void> {
    try {
      await take([])
    } catch (error) {
      if (!(error instanceof OsprofilerError) || error.code !== 'ERR_WRITE_REFUSED') throw error
      // A collector that does not like an empty request has answered all the same, unless it refuses spans as well.
      if (refusesQuestions || isOwnFailure(error)) throw refusesAll(error)
    }
  }

  async function confirm(): Promise<void> {
    refusesQuestions = true
    await ask()
  }

  return {
    async check() {
      if (standing !== 'good' || refusesQuestions) await ask()
    },
    confirm,
    async send(spans) {
      if (standing === 'doubtful') await ask()
      const { body, contentType } = await take(spans)
      return Math.min(countRejectedSpans(body, contentType, settings.protocol), spans.length)
    },
    async leave() {
      const loaded = await exporter?.catch(() => undefined)
      await loaded?.shutdown()
    },
    cut: () => agent?.destroy(),
  }
}
