// Matches authorization schemes that sign requests. The schemes are from Amazon and services that adopted its scheme
// (Tencent, Huawei, Akamai), Google, Alibaba, Azure, Baidu, RFCs and drafts.
const SIGNED_AUTHORIZATION =
  /^\s*(?:aws4?|goog[14]|oss4?|acs3?|bce-auth-v\d|sharedkey(?:lite)?|signature|hawk|hmac|[\w-]+-sha\d+)\b/i

/** Headers, in lowercase, that may contain the signature of a request. */
export const SIGNATURE_HEADER_NAMES = ['authorization', 'signature-input', 'signature'] as const

/** How a request's signatures limit changes of its headers. */
export interface SignatureLimits {
  /** Whether adding a header may break the signature. */
  readonly forbidsAddition: boolean
  /** Whether a signature lists a trace header among the signed headers. */
  readonly signsTrace: boolean
}

/** Reads the limits from the headers that may contain a signature. The header names may be in any case. */
export function readSignatureLimits(headers: Iterable<readonly [name: string, value: string]>): SignatureLimits {
  let forbidsAddition = false
  let signsTrace = false
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const signs = lower === 'signature-input' || (lower === 'authorization' && SIGNED_AUTHORIZATION.test(value))
    forbidsAddition ||= signs
    // The header `Signature` itself lists what it signs, so an additional header does not break it.
    signsTrace ||= (signs || lower === 'signature') && /\bx-trace-(?:info|hmac|ticket)\b/i.test(value)
  }
  return { forbidsAddition, signsTrace }
}
