import { type CriticalSegment, criticalPath } from '../analysis/critical-path.js'
import { findLossy } from '../analysis/losses.js'
import type { HostClock } from '../clocks/clock-skew.js'
import { correctSkew } from '../clocks/correct-skew.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createQuote, DEFAULT_QUOTE_LENGTH, type Quote } from './phrases.js'

/** How to look for findings. */
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

/** A trace, and what every finder needs to know of it. */
export interface Evidence {
  /** With all times on one clock, unless the times are wanted as recorded. */
  readonly report: Report
  readonly path: readonly CriticalSegment[]
  readonly clocks: readonly HostClock[]
  /** Whether the reader sees corrected times. */
  readonly isShownCorrected: boolean
  /** At most so many findings of each kind. */
  readonly limit: number
  /** How many records are known to be lost, beside those that the trace tells of. */
  readonly dropped: number
  /** Whether points may be missing below a point: the time of the point itself may be theirs. */
  readonly isLossy: (node: ReportNode) => boolean
  readonly quote: Quote
  /** What a sentence quotes at most, in characters. */
  readonly longestQuote: number
}

/** Gathers what the finders look at. */
export function gatherEvidence(report: Report, options: SummarizeOptions): Evidence {
  const { limit = 3, dropped = 0, raw = false } = options
  const longestQuote = Math.max(DEFAULT_QUOTE_LENGTH, options.longestQuote ?? DEFAULT_QUOTE_LENGTH)
  const corrected = correctSkew(report)
  const timed = raw ? corrected.raw : corrected
  return {
    report: timed,
    path: criticalPath(timed),
    clocks: corrected.clocks,
    isShownCorrected: timed === report && !raw,
    limit,
    dropped,
    isLossy: findLossy(timed, dropped),
    quote: createQuote(longestQuote),
    longestQuote,
  }
}
