import { findSilentTargets, type Report } from '@osprofiler/report'

/** How the clock of a callee decides. */
export const CALLEE_CLOCK =
  'A callee refuses where its clock is ahead by more than its maxTraceAge (one hour), or behind by more than a minute.'
/** Where a service says what its callers must not learn. */
export const WARNINGS =
  'A service that refuses a trace prints the reason as a warning: look for OSPROFILER_REFUSED or OSPROFILER_NO_KEYS in its log.'

/** Says what to check if callees answered but recorded nothing; no lines if there are no such callees. */
export function explainSilent(report: Report, storeShownAs: string): string[] {
  if (findSilentTargets(report).length === 0) return []
  return [
    'What to check where a callee recorded nothing, if it is to be traced:',
    '  - key      It needs the key that signed this request, and the middleware (its OSPROFILER_HMAC_KEYS).',
    `  - clock    ${CALLEE_CLOCK}`,
    '  - proxies  Each proxy before it has to pass on the headers X-Trace-Info and X-Trace-HMAC.',
    '  - caller   The propagateTo of its caller has to match its host (OSPROFILER_PROPAGATE_TO).',
    `  - store    It has to write to the store that is read here: ${storeShownAs}`,
    WARNINGS,
  ]
}
