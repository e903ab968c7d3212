import { OsprofilerError } from '@osprofiler/core'
import { Date, dateNow, Math, Number, Object, Set, URL } from '@osprofiler/core/toolkit'
import type { OtlpSettings } from '../settings/settings.js'

/** The parts of a collector's HTTP answer that determine the outcome of a request. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly retryAfter?: string | undefined
  readonly contentType?: string | undefined
  readonly location?: string | undefined
  readonly date?: string | undefined
}

/** Statuses after which a request may be retried, according to OTLP's specification. */
export const RETRYABLE_STATUSES = new Set([429, 502, 503, 504])
/**
 * Statuses with which a collector refuses the spans of one request. Every other failure status concerns all requests.
 */
const SPAN_STATUSES = new Set([400, 413, 422, 500])
const TOO_LARGE = /too large|larger than|exceeds? .*(?:size|limit)/i
const ENCODING_REFUSED = /content-encoding|gzip|compress/i
const PLAIN_HTTP_AT_TLS_PORT = /HTTP request (?:was sent )?to (?:an )?HTTPS/i
/** Matches answers of nginx to a client with no certificate or with an untrusted certificate. */
const CLIENT_CERTIFICATE_MISSING = /SSL certificate (?:was sent|error)/i
const MAX_PAUSE_MS = 60_000

const HINT_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'Give its token or password in OTEL_EXPORTER_OTLP_HEADERS.',
  403: 'Give its token or password in OTEL_EXPORTER_OTLP_HEADERS.',
  404: 'Is this the path of its endpoint for traces? "/v1/traces" is added to the path of the connection string.',
  405: 'Is this the port of OTLP over HTTP, usually 4318, and the path of its endpoint for traces?',
  407: 'Requests through a proxy are not possible.',
  411: 'A proxy in front of the collector accepts no chunked request.',
  415: 'Try the other protocol, ?protocol=http/json or ?protocol=http/protobuf, and ?compression=none.',
}

/**
 * Returns `undefined` for an accepted request, `ERR_STORE` if the collector accepts no request now, and
 * `ERR_WRITE_REFUSED` if the collector refuses these spans.
 */
export function readAnswer(answer: Answer, { url }: OtlpSettings): OsprofilerError | undefined {
  const { status } = answer
  const text = answer.body.toString()
  const isPage = /^text\/html\b/i.test(answer.contentType ?? '') || /^\s*<(?:!doctype|html)\b/i.test(text)
  if (status >= 200 && status < 300) {
    if (!isPage) return undefined
    return toStoreError(
      `The server at ${readHost(url)} is not a collector: it answered ${status} with an HTML page.`,
      HINT_BY_STATUS[405],
    )
  }
  if (PLAIN_HTTP_AT_TLS_PORT.test(text))
    return toStoreError('The collector speaks TLS at this port.', 'Use "otlp+https://".')
  if (status === 400 && CLIENT_CERTIFICATE_MISSING.test(text)) {
    return toStoreError('The collector asks for a client certificate.', 'See OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.')
  }
  if (RETRYABLE_STATUSES.has(status)) return toStoreError(`The collector accepts nothing now: it answered ${status}.`)
  if (SPAN_STATUSES.has(status) && !(status === 400 && isPage)) {
    return Object.assign(
      new OsprofilerError('ERR_WRITE_REFUSED', `The collector refused the spans: it answered ${status}.`),
      {
        status,
        isTooLarge: status === 413 || (status === 400 && TOO_LARGE.test(text)),
        isOfEncoding: ENCODING_REFUSED.test(text),
      },
    )
  }
  const hint = status >= 300 && status < 400 ? describeRedirect(answer, url) : HINT_BY_STATUS[status]
  return toStoreError(`The collector refuses the request: it answered ${status}.`, hint)
}

/** Returns the error for a collector that refuses even a request without spans. */
export function createRefusesAllError(error: OsprofilerError): OsprofilerError {
  const { status = 'an error', isOfEncoding } = error as { status?: unknown; isOfEncoding?: unknown }
  const said = `The collector refuses even a request without spans: it answered ${status}.`
  return toStoreError(said, isOfEncoding === true ? 'Use ?compression=none.' : undefined)
}

/** Returns whether the collector itself failed (500). In this case, the answer does not show what is wrong. */
export function isCollectorFailure(error: OsprofilerError): boolean {
  return 'status' in error && error.status === 500
}

/** Returns whether a collector refused a request because of its size, so that smaller requests may be accepted. */
export function isTooLarge(error: OsprofilerError): boolean {
  return 'isTooLarge' in error && error.isTooLarge === true
}

/**
 * Returns how long the collector asks the driver to wait, in milliseconds. `Retry-After` is a number of seconds or a
 * date.
 */
export function readPauseMs({ retryAfter = '', date = '' }: Answer): number {
  const text = retryAfter.trim()
  const now = Date.parse(date)
  const pauseMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (Number.isNaN(now) ? dateNow() : now)
  return pauseMs > 0 ? Math.min(pauseMs, MAX_PAUSE_MS) : 0
}

/** Describes a redirect without the path and query of its target, which may contain a secret. */
function describeRedirect({ location = '' }: Answer, url: string): string {
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined
  if (target === undefined) return 'Redirects are not followed.'
  if (target.protocol === 'https:' && url.startsWith('http:')) return 'It redirects to https: use "otlp+https://".'
  return `It redirects to ${target.host}, and redirects are not followed: name the right host and path.`
}

function readHost(url: string): string {
  return new URL(url).host
}

function toStoreError(message: string, hint?: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', hint === undefined ? message : `${message} ${hint}`)
}
