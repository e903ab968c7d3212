import { OsprofilerError } from '@osprofiler/core'
import { String, types } from '@osprofiler/core/toolkit'

/** Facts about a request that got no answer. */
export interface Attempt {
  /** Whether the connection was open, so that the collector may have received the request. */
  readonly connected: boolean
  /** Whether the request contained no spans and only checked whether the collector accepts requests. */
  readonly isProbe: boolean
  readonly isSecure: boolean
  readonly hasClientCertificate: boolean
}

/**
 * Matches the reason in a message such as `write EPROTO 80E2...:error:0A00010B:SSL routines:ssl3_get_record:wrong
 * version number:../ssl3_record.c:354:`.
 */
const OPENSSL_REASON = /:SSL routines:[^:]*:([a-z0-9 /]{1,60}):/i
const TLS_ALERT = 0x15

/** Hints for the user, by error code. Each of these codes shows that the collector cannot have read the request. */
const UNREAD_HINTS: readonly (readonly [pattern: RegExp, toHint: (attempt: Attempt) => string])[] = [
  [/ALTNAME/, () => 'its certificate is not for the host in the connection string; name a host of the certificate'],
  [/CERT_HAS_EXPIRED/, () => 'its certificate has expired'],
  [/CERT_NOT_YET_VALID/, () => "its certificate is not valid yet; is this machine's clock right?"],
  [
    /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED|UNSUPPORTED_CERT)/,
    ({ hasClientCertificate }) =>
      hasClientCertificate
        ? 'it refuses the client certificate of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'
        : 'it asks for a client certificate, see OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY',
  ],
  [
    /CERT|SIGNATURE|ISSUER/,
    () =>
      'its certificate is not trusted; name the authority of the certificate in ?certificate= or OTEL_EXPORTER_OTLP_CERTIFICATE',
  ],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST|EPROTO/, () => 'it does not speak TLS at this port; use "otlp://"'],
  [/^ERR_SSL/, () => 'the TLS handshake failed'],
]

/** Returns `ERR_STORE` if the collector cannot have read the request, and `ERR_WRITE_UNCERTAIN` otherwise. */
export function toRequestError(attempt: Attempt, error: unknown): OsprofilerError {
  const code = readErrorCode(error)
  const [, toHint] = UNREAD_HINTS.find(([pattern]) => pattern.test(code)) ?? []
  if (toHint !== undefined) return createUnreachableError(`${code}; ${toHint(attempt)}`)
  if (code.startsWith('HPE_')) return createUnreachableError(describeNonHttp(error))
  if (attempt.connected) return createUncertainError(attempt, code)
  const hint = attempt.isSecure && code === 'ECONNRESET' ? '; does it speak TLS at this port?' : ''
  return createUnreachableError(`${code}${hint}`)
}

/**
 * Creates the error for a connection that was closed without an answer. A server for another protocol closes the
 * connection in the same way as a collector that crashes. Therefore the error contains a hint about the protocol.
 */
function createUncertainError(attempt: Attempt, code: string): OsprofilerError {
  const { isSecure, hasClientCertificate } = attempt
  const hint = isSecure
    ? ` If this happens each time, it may ${hasClientCertificate ? 'not trust the' : 'ask for a'} client certificate: see OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.`
    : ' If this happens each time, the port may be for TLS ("otlp+https://") or for gRPC. OTLP over HTTP has port 4318.'
  const ended = `The connection to the collector ended before its answer (${code})`
  // A probe contains no spans, so nothing is uncertain.
  if (attempt.isProbe) return new OsprofilerError('ERR_STORE', `${ended}.${hint}`)
  return new OsprofilerError('ERR_WRITE_UNCERTAIN', `${ended}. It is unknown whether the spans arrived.${hint}`)
}

function createUnreachableError(reason: string): OsprofilerError {
  return new OsprofilerError('ERR_STORE', `The collector cannot be reached: ${reason}.`)
}

function describeNonHttp(error: unknown): string {
  const { rawPacket } = (error ?? {}) as { rawPacket?: unknown }
  const first = types.isUint8Array(rawPacket) ? rawPacket[0] : undefined
  return first === TLS_ALERT
    ? 'it speaks TLS at this port; use "otlp+https://"'
    : 'the answer is not HTTP; port 4317 is usually for gRPC, and 4318 for OTLP over HTTP'
}

/** Returns the code of an error. Never returns the message, which may contain private data. */
export function readErrorCode(error: unknown): string {
  if (typeof error === 'string') return error
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }
  // An OpenSSL error during a write has no specific code, only a reason in its message.
  const [, reason] = code === 'EPROTO' ? (OPENSSL_REASON.exec(String(message)) ?? []) : []
  if (reason !== undefined) return `ERR_SSL_${reason.toUpperCase().replaceAll(/\W/g, '_')}`
  return typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : 'unknown'
}
