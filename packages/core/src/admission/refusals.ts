import { handleRejection } from '../platform/handle-rejection.js'
import { createRateLimit } from './rate-limit.js'
import type { RefusalReason } from './refusal-reason.js'
import { warnOfRefusal } from './refusal-warning.js'

const MAX_REPORTS_PER_SECOND = 10

/** Counts refusals by reason. Reports refusals to `onRefused` and as process warnings, both at a limited rate. */
export function createRefusals<Source>(onRefused: ((reason: RefusalReason, source: Source) => void) | undefined) {
  const counts: Record<RefusalReason, number> = {
    disabled: 0,
    'no-keys': 0,
    'missing-header': 0,
    'malformed-hmac': 0,
    'unknown-key': 0,
    'malformed-info': 0,
    'no-ticket': 0,
    'ticket-refused': 0,
    'too-old': 0,
    'rate-limited': 0,
  }
  const mayReport = createRateLimit(MAX_REPORTS_PER_SECOND)
  return {
    counts,
    refuse(reason: RefusalReason, source: Source, detail?: string): undefined {
      counts[reason]++
      warnOfRefusal(reason, detail)
      if (onRefused === undefined || !mayReport()) return
      try {
        // `onRefused` may be async. Its rejection must not affect the request.
        handleRejection(onRefused(reason, source))
      } catch {}
    },
  }
}
