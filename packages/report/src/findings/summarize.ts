import { criticalPath } from '../analysis/critical-path.js'
import { findLossy } from '../analysis/losses.js'
import { correctSkew } from '../clocks/correct-skew.js'
import type { Report } from '../tree/report.js'
import { criticalFindings } from './critical.js'
import { failedFindings } from './failures.js'
import type { Finding } from './finding.js'
import { missingFindings } from './missing.js'
import { createQuote, DEFAULT_QUOTE_LENGTH } from './phrases.js'
import { skewFindings } from './skew.js'
import { timeFindings } from './time.js'

export type { Finding, FindingKind } from './finding.js'

export interface SummarizeOptions {
  /** At most so many findings of each kind. Default: 3. */
  readonly limit?: number | undefined
  /** How many of the trace's records are known to have been lost on their way to the store. Default: 0. */
  readonly dropped?: number | undefined
  /** How much of a statement or a message a sentence quotes, in characters. Default: 80; at least that. */
  readonly longestQuote?: number | undefined
  /** Whether to take all times as they were recorded, where hosts' clocks differ. Default: false. */
  readonly raw?: boolean | undefined
}

/**
 * Says in sentences what to look at: where the time went, longest first, and after that what nobody waited for; how the
 * critical path divides among services; then failures, what is missing, clocks that differ, and broken records.
 *
 * `62 % of this request is 41 x "SELECT ... FROM items" in orders, one after another`
 */
export function summarize(report: Report, options: SummarizeOptions = {}): Finding[] {
  const { limit = 3, dropped = 0, raw = false, longestQuote = DEFAULT_QUOTE_LENGTH } = options
  const longest = Math.max(DEFAULT_QUOTE_LENGTH, longestQuote)
  const quote = createQuote(longest)
  const corrected = correctSkew(report)
  const timed = raw ? corrected.raw : corrected
  const path = criticalPath(timed)
  return [
    ...timeFindings(timed, path, corrected.clocks, limit, findLossy(timed, dropped), quote),
    ...criticalFindings(timed, path),
    ...failedFindings(timed, limit, longest),
    ...missingFindings(timed, limit, dropped, quote),
    ...skewFindings(corrected, timed === report && !raw, limit),
  ]
}
