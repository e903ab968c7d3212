import { messageOf } from '../output/create-failure.js'

const NOT_TRUSTED_ADVICE =
  'its certificate is not trusted: name its certificate authority with --cacert FILE, or use -k to accept any certificate'

const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED_ADVICE,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED_ADVICE,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED_ADVICE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED_ADVICE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED_ADVICE,
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it, or use -k to accept any certificate',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check both clocks, or use -k to accept any certificate',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name: use that name in the URL, or use -k to accept any certificate',
  EPROTO: 'TLS failed. If the server does not use TLS on this port, try http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not use TLS on this port: try http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not use TLS on this port: try http://',
}

/** Describes why a request or its answer failed, with advice for known causes. Repeats no part of the request. */
export function describeFailure(error: unknown): string {
  const code = findFailureCode(error)
  if (code === undefined) return messageOf(error)
  if (code.startsWith('HPE_'))
    return `${code}, the answer is not HTTP/1.1. The port may be for https://, or for HTTP/2 only`
  const advice = ADVICE_BY_CODE[code]
  return advice === undefined ? code : `${code}, ${advice}`
}

/** Returns the code of an error, or of its nearest cause that has a code. */
function findFailureCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}
