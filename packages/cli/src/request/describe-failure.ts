import { messageOf } from '../output/failure.js'

const NOT_TRUSTED = 'nobody here trusts its certificate: give its authority with --cacert FILE, or -k to trust anybody'

const ADVICE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it, or -k to trust anybody',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: look at both clocks, or -k to trust anybody',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: use that name in the URL, or -k to trust anybody',
  EPROTO: 'TLS fails. If the server does not speak https:// on this port, try http://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS on this port: try http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS on this port: try http://',
}

/** Says why a request or its answer failed, with advice if there is any. Contains no part of the request. */
export function describeFailure(error: unknown): string {
  const code = failureCode(error)
  if (code === undefined) return messageOf(error)
  if (code.startsWith('HPE_'))
    return `${code}, the answer is not HTTP/1.1. The port may be for https://, or for HTTP/2 alone`
  const advice = ADVICE[code]
  return advice === undefined ? code : `${code}, ${advice}`
}

/** Returns the code of an error, or of its nearest cause that has one. */
function failureCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}
