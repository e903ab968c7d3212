// Of Amazon and who copied it (Tencent, Huawei, Akamai), Google, Alibaba, Azure, Baidu, and what RFCs and drafts call them.
const SIGNED = /^\s*(?:aws4?|goog[14]|oss4?|acs3?|bce-auth-v\d|sharedkey(?:lite)?|signature|hawk|hmac|[\w-]+-sha\d+)\b/i

/** The headers, in lower case, that may hold a signature of a request. */
export const SIGNING_HEADERS = ['authorization', 'signature-input', 'signature'] as const

/** What the signatures of a request ask of whoever would change its headers. */
export interface Seal {
  /** It is signed by a scheme that a further header might break. */
  readonly closed: boolean
  /** The headers of a trace are among those that are signed, by their names. */
  readonly signsTrace: boolean
}

/** Reads the seal of a request from the headers that may hold its signature: names in any case, and values. */
export function readSeal(headers: Iterable<readonly [name: string, value: string]>): Seal {
  let closed = false
  let signsTrace = false
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const signs = lower === 'signature-input' || (lower === 'authorization' && SIGNED.test(value))
    closed ||= signs
    // A header `Signature` by itself lists what it signs, and so a further header does not break it.
    signsTrace ||= (signs || lower === 'signature') && /\bx-trace-(?:info|hmac)\b/i.test(value)
  }
  return { closed, signsTrace }
}
