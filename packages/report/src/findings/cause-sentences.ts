import type { ReportNode } from '../tree/report.js'
import type { CauseTime } from '../why/cause-times.js'
import { describeCause } from '../why/cause-words.js'
import { formatCount } from '../words/format-duration.js'
import type { FindingKind } from './finding.js'
import { shorten } from './phrases.js'
import type { TimeFinding } from './time-sentences.js'

/** A finding about a cause of points' self time, with the times that the cause explains. */
export interface CauseFinding extends TimeFinding {
  readonly time: CauseTime
}

/**
 * Creates a finding such as one of the following:
 *
 * - `37 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (144 ms)`
 * - `15 % of this request waited for a timer, asked for by politeRetry (src/orders.ts:67) in orders (59 ms)`
 */
export function describeCauseTime(time: CauseTime): CauseFinding {
  const { cause, account, usByNode, totalUs, isShared } = time
  const service = account.service === undefined ? '' : ` in ${shorten(account.service)}`
  const shared = isShared ? `, for ${formatCount(usByNode.size)} points in parallel` : ''
  const toSentence = (share: string, duration: string): string => {
    const { verb, words } = describeCause(cause, service)
    return `${share} ${verb} ${words}${shared} (${duration})`
  }
  // Time without a known cause is never a finding.
  const kind = cause.kind as Exclude<typeof cause.kind, 'unknown'> satisfies FindingKind
  return { kind, nodes: [...usByNode.keys()], totalUs, isSelfTime: true, toSentence, time }
}

/** Returns how much of each point's self time the findings explain, in microseconds. */
export function sumExplained(findings: readonly CauseFinding[]): ReadonlyMap<ReportNode, number> {
  const explained = new Map<ReportNode, number>()
  for (const { time } of findings) {
    for (const [node, us] of time.usByNode) explained.set(node, (explained.get(node) ?? 0) + us)
  }
  return explained
}

/**
 * Returns the time by which a finding about a cause is ranked. If the cause explains most of the time of repeated
 * points, this finding comes before the finding about the repetition. The reason is that this finding names the code
 * that took the time.
 */
export function rankCause({ usByNode, totalUs }: CauseTime, repeated: readonly TimeFinding[]): number {
  const explained = repeated.filter(({ nodes, totalUs: repeatedUs }) => {
    const us = nodes.reduce((sum, node) => sum + (usByNode.get(node) ?? 0), 0)
    return 2 * Math.min(us, totalUs) >= repeatedUs && repeatedUs >= totalUs
  })
  return explained.reduce((us, { totalUs: repeatedUs }) => Math.max(us, repeatedUs + 1), totalUs)
}
