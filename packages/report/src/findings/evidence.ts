import { findMissingPoints, type MissingPoints } from '../analysis/counted-requests.js'
import { type CriticalSegment, criticalPath } from '../analysis/critical-path.js'
import { splitAtAnswer } from '../analysis/late-work.js'
import { createLossyTest } from '../analysis/losses.js'
import type { HostClock } from '../clocks/clock-skew.js'
import { correctSkew } from '../clocks/correct-skew.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createQuote, DEFAULT_QUOTE_CHARS, type Quote } from './phrases.js'

/** Options of `summarize`. */
export interface SummarizeOptions {
  /** Maximum number of findings of each kind. Default: 3. */
  readonly limit?: number | undefined
  /** How many of the trace's records are known to have been lost on the way to the store. Default: 0. */
  readonly dropped?: number | undefined
  /** Maximum number of characters of a statement or message that a sentence quotes. Default and minimum: 80. */
  readonly longestQuote?: number | undefined
  /** Whether to use the recorded times even if the hosts' clocks differ. Default: false. */
  readonly raw?: boolean | undefined
}

/** A trace, and the facts about it that all functions that create findings need. */
export interface Evidence {
  /** All times are on one clock, unless the option `raw` is set. */
  readonly report: Report
  /** The report without the work after the answer. Shares of time refer to the duration of this report. */
  readonly request: Report
  /** The points of `report` that are separate work after the answer, such as consumed messages. */
  readonly later: ReadonlySet<ReportNode>
  /** The critical path of `request`. */
  readonly path: readonly CriticalSegment[]
  readonly clocks: readonly HostClock[]
  readonly isShownCorrected: boolean
  readonly limit: number
  readonly dropped: number
  /** The points that services counted, but that the trace lacks. */
  readonly missing: readonly MissingPoints[]
  /** Whether points may be missing below a point, so that its self time may be the time of the missing points. */
  readonly isLossy: (node: ReportNode) => boolean
  readonly quote: Quote
  readonly longestQuote: number
}

/** Gathers the facts that all functions that create findings need. Times are put on one clock, unless `raw` is set. */
export function gatherEvidence(report: Report, options: SummarizeOptions): Evidence {
  const { limit = 3, dropped = 0, raw = false } = options
  const longestQuote = Math.max(DEFAULT_QUOTE_CHARS, options.longestQuote ?? DEFAULT_QUOTE_CHARS)
  const corrected = correctSkew(report)
  const timed = raw ? corrected.raw : corrected
  const missing = findMissingPoints(timed)
  const { request, later } = splitAtAnswer(timed)
  return {
    report: timed,
    request,
    later,
    path: criticalPath(request),
    clocks: corrected.clocks,
    isShownCorrected: timed === report && !raw,
    limit,
    dropped,
    missing,
    isLossy: createLossyTest(timed, dropped, missing),
    quote: createQuote(longestQuote),
    longestQuote,
  }
}
