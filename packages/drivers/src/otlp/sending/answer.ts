import { OsprofilerError } from '@osprofiler/core'
import { Date, dateNow, Math, Number, Object, Set, URL } from '@osprofiler/core/toolkit'
import type { OtlpSettings } from '../settings/settings.js'

/** The parts of a collector's HTTP answer that decide the fate of a request. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly retryAfter?: string | undefined
  readonly contentType?: string | undefined
  readonly location?: string | undefined
  readonly date?: string | undefined
}

/** Statuses to retry, according to OTLP's specification. */
export const RETRYABLE = new Set([429, 502, 503, 504])
/** Statuses that concern the spans of one request. Every other failure concerns all requests. */
const OF_SPANS = new Set([400, 413, 422, 500])
const TOO_LARGE = /too large|larger than|exceeds? .*(?:size|limit)/i
const ENCODING = /content-encoding|gzip|compress/i
const PLAIN_AT_TLS = /HTTP request (?:was sent )?to (?:an )?HTTPS/i
/** nginx's message to a client with no certificate or an untrusted one. */
const CLIENT_CERTIFICATE = /SSL certificate (?:was sent|error)/i
const MAX_PAUSE_MS = 60_000

const HINTS: Readonly<Record<number, string>> = {
  401: 'Give its token or password in OTEL_EXPORTER_OTLP_HEADERS.',
  403: 'Give its token or password in OTEL_EXPORTER_OTLP_HEADERS.',
  404: 'Is this the path of its endpoint for traces? "/v1/traces" is added to the path of the connection string.',
  405: 'Is this the port of OTLP over HTTP, usually 4318, and the path of its endpoint for traces?',
  407: 'Requests through a proxy are not possible.',
  411: 'Something before the collector takes no chunked request.',
  415: 'Try the other protocol, ?protocol=http/json or ?protocol=http/protobuf, and ?compression=none.',
}

/** Returns `undefined` for an accepted request, `ERR_STORE` if the collector takes none now, or `ERR_WRITE_REFUSED`. */
export function readAnswer(answer: Answer, { url }: OtlpSettings): OsprofilerError | undefined {
  const { status } = answer
  const text = answer.body.toString()
  const isPage = /^text\/html\b/i.test(answer.contentType ?? '') || /^\s*<(?:!doctype|html)\b/i.test(text)
  if (status >= 200 && status < 300) {
    if (!isPage) return undefined
    return toStoreError(
      `What answers at ${hostOf(url)} is no collector: it answered ${status} with a page of HTML.`,
      HINTS[405],
    )
  }
  if (PLAIN_AT_TLS.test(text)) return toStoreError('The collector speaks TLS at this port.', 'Use "otlp+https://".')
  if (status === 400 && CLIENT_CERTIFICATE.test(text)) {
    return toStoreError('The collector asks for a client certificate.', 'See OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.')
  }
  if (RETRYABLE.has(status)) return toStoreError(`The collector takes nothing now: it answered ${status}.`)
  if (OF_SPANS.has(status) && !(status === 400 && isPage)) {
    return Object.assign(
      new OsprofilerError('ERR_WRITE_REFUSED', `The collector refused the spans: it answered ${status}.`),
      {
        status,
        isTooLarge: status === 413 || (status === 400 && TOO_LARGE.test(text)),
        isOfEncoding: ENCODING.test(text),
      },
    )
  }
  const hint = status >= 300 && status < 400 ? hintOfRedirect(answer, url) : HINTS[status]
  return toStoreError(`The collector refuses the request: it answered ${status}.`, hint)
}

/** Returns the error for a collector that refuses a request without spans, too. */
export function refusesAll(error: OsprofilerError): OsprofilerError {
  const { status = 'an error', isOfEncoding } = error as { status?: unknown; isOfEncoding?: unknown }
  const said = `The collector refuses also a request without spans: it answered ${status}.`
  return toStoreError(said, isOfEncoding === true ? 'Use ?compression=none.' : undefined)
}

/** Whether the collector itself failed (500), so that its answer does not say what is wrong. */
export function isOwnFailure(error: OsprofilerError): boolean {
  return 'status' in error && error.status === 500
}

/** Returns whether a collector refused a request for its size, so that smaller requests may pass. */
export function isTooLarge(error: OsprofilerError): boolean {
  return 'isTooLarge' in error && error.isTooLarge === true
}

/** Returns the pause that the collector asks for, in milliseconds. `Retry-After` is a number of seconds or a date. */
export function readPause({ retryAfter = '', date = '' }: Answer): number {
  const text = retryAfter.trim()
  const now = Date.parse(date)
  const until = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (Number.isNaN(now) ? dateNow() : now)
  return until > 0 ? Math.min(until, MAX_PAUSE_MS) : 0
}

/** Describes a redirect without the path and query of its target, which may hold a secret. */
function hintOfRedirect({ location = '' }: Answer, url: string): string {
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined
  if (target === undefined) return 'Redirects are not followed.'
  if (target.protocol === 'https:' && url.startsWith('http:')) return 'It redirects to https: use "otlp+https://".'
  return `It redirects to ${target.host}, and redirects are not followed: name the right host and path.`
}

function hostOf(url: string): string {
  return new URL(url).host
}

function toStoreError(message: string, hint?: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', hint === undefined ? message : `${message} ${hint}`)
}
