// Of Amazon and who copied it (Tencent, Huawei, Akamai), Google, Alibaba, Azure, Baidu, and what RFCs and drafts call them.
const SIGNED = /^\s*(?:aws4?|goog[14]|oss4?|acs3?|bce-auth-v\d|sharedkey(?:lite)?|signature|hawk|hmac|[\w-]+-sha\d+)\b/i

/** The headers, in lower case, by which a request may be closed to further ones. */
export const SEALING_HEADERS = ['x-trace-info', 'x-trace-hmac', 'signature-input', 'authorization'] as const

/**
 * Whether a header says that its request gets none of ours: it has trace headers of its own, or is signed by a scheme
 * that a further header might break. `name` is in any case.
 */
export function sealsRequest(name: string, value: string): boolean {
  switch (name.toLowerCase()) {
    case 'x-trace-info':
    case 'x-trace-hmac':
    case 'signature-input':
      return true
    case 'authorization':
      return SIGNED.test(value)
    default:
      return false
  }
}
