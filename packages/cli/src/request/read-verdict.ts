import type { Answer } from './connection.js'

/**
 * The service's report, in its answer, about whether it traced the request. Only callers whose signature the service
 * accepts get this report.
 */
export interface ServiceVerdict {
  /**
   * Why the service did not trace the request, such as `rate-limited`. `undefined` if the service traced the request.
   */
  readonly refusal: string | undefined
}

const ENTRY = /(?:^|,)\s*osprofiler;desc="((?:[^"\\]|\\.)*)"/
const REFUSAL = /^refused: ([a-z-]{1,40})$/

/**
 * Reads the service's report from the `Server-Timing` header of the answer. Returns `undefined` if the header contains
 * no report about this trace.
 */
export function readVerdict(answer: Answer | undefined, baseId: string): ServiceVerdict | undefined {
  const text = ENTRY.exec(String(answer?.headers['server-timing'] ?? ''))?.[1]
  if (text === undefined) return undefined
  if (text === baseId) return { refusal: undefined }
  const refusal = REFUSAL.exec(text)?.[1]
  return refusal === undefined ? undefined : { refusal }
}

/** Returns what the user can do about a refusal. */
export function adviseOnRefusal(refusal: string): string {
  if (refusal === 'too-old') return 'Synchronize the clocks of both sides with a time server.'
  if (refusal === 'rate-limited')
    return 'More traces arrive at the service than maxTracesPerSecond allows: try again later.'
  return 'The warnings of the service explain the reason.'
}
