import { findSilentTargets, type Report } from '@osprofiler/report'

/** The rule by which a callee refuses traces because of its clock. */
export const CALLEE_CLOCK_RULE =
  'A callee refuses traces if its clock is ahead by more than its maxTraceAge (one hour), or behind by more than a minute.'
/** Tells the user where a service reports why it refused a trace. The callee's answer must not contain the reason. */
export const WARNINGS_HINT =
  'A service that refuses a trace prints the reason as a warning: look for OSPROFILER_REFUSED or OSPROFILER_NO_KEYS in its log.'

/**
 * Returns what to check if called services (callees) answered but recorded nothing. Returns no lines if none did so.
 */
export function explainSilentCallees(report: Report, storeShownAs: string): string[] {
  if (findSilentTargets(report).length === 0) return []
  return [
    'What to check if a callee should be traced, but recorded nothing:',
    '  - key      The callee needs the key that signed this request (its OSPROFILER_HMAC_KEYS), and the middleware.',
    `  - clock    ${CALLEE_CLOCK_RULE}`,
    '  - proxies  Each proxy in front of the callee has to pass on the headers X-Trace-Info and X-Trace-HMAC.',
    '  - caller   The propagateTo of the caller has to match the host of the callee (OSPROFILER_PROPAGATE_TO).',
    `  - store    The callee has to write to the store that this command reads: ${storeShownAs}`,
    WARNINGS_HINT,
  ]
}
