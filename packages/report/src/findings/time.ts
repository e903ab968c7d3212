import type { CriticalSegment } from '../analysis/critical-path.js'
import { findGaps, type Gap } from '../analysis/gaps.js'
import { repeatedPoints } from '../analysis/repeated-points.js'
import { selfTimes } from '../analysis/self-time.js'
import { findSerialWork } from '../analysis/serial-work.js'
import { findServiceCalls } from '../analysis/service-calls.js'
import { findWaiting, readWait } from '../analysis/waiting.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatDuration, formatShare } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import type { Finding } from './finding.js'
import { whole } from './phrases.js'
import {
  groupCalls,
  sayCalls,
  sayGap,
  sayRepeated,
  saySerial,
  saySlow,
  sayWaiting,
  type TimeFinding,
} from './time-sentences.js'

const MIN_SHARES: Readonly<Record<TimeFinding['kind'], number>> = {
  repeated: 0.05,
  waiting: 0.05,
  hop: 0.1,
  slow: 0.1,
  gap: 0.1,
  serial: 0.1,
}

/** If a gap is this share of a point's own time, the gap says more than the sum. */
const MIN_SHARE_OF_SELF = 0.9

/**
 * Says where the time went: first on the critical path, then elsewhere, longest first. No time is told twice: the
 * single points of a repetition, a wait or a call are left out.
 */
export function timeFindings(evidence: Evidence): Finding[] {
  const { report, path, clocks, limit, quote } = evidence
  const critical = findCritical(report, path)
  const choose = (candidates: readonly TimeFinding[]): TimeFinding[] =>
    candidates
      .filter(({ kind, totalUs }) => shareOf(report, totalUs) >= MIN_SHARES[kind])
      .sort((a, b) => b.totalUs - a.totalUs)
      .slice(0, limit)

  const repetitions = repeatedPoints(report).filter(({ nodes }) => nodes.every(node => readWait(node) === undefined))
  const repeated = choose(repetitions.map(repetition => sayRepeated(repetition, quote)))
  const waiting = choose(findWaiting(report).map(sayWaiting))
  const calls = findServiceCalls(report)
  const between = choose(groupCalls(calls).map(group => sayCalls(group, clocks, quote)))
  const told = new Set([...repeated, ...waiting].flatMap(({ nodes }) => nodes))
  const own = choose(ownTimes(evidence, new Set([...told, ...calls.map(({ caller }) => caller)])))
  const serial = choose(
    findSerialWork(report, told)
      .filter(({ nodes }) => nodes.every(node => critical.below.has(node)))
      .map(work => saySerial(work, quote)),
  )
  return [...repeated, ...waiting, ...between, ...own, ...serial]
    .map(found => ({
      found,
      isCritical: found.nodes.some(node => (found.isOwn ? critical.own : critical.below).has(node)),
    }))
    .sort((a, b) => Number(b.isCritical) - Number(a.isCritical) || b.found.totalUs - a.found.totalUs)
    .map(({ found, isCritical }) => toFinding(report, found, isCritical))
}

function toFinding(report: Report, { kind, nodes, totalUs, say }: TimeFinding, isCritical: boolean): Finding {
  const share = shareOf(report, totalUs)
  const sentence = say(`${formatShare(share)} of ${whole(report)}`, formatDuration(totalUs))
  return {
    kind,
    sentence: isCritical ? sentence : `${sentence}, not on the critical path`,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs,
    share,
  }
}

/** Returns the time of points themselves, as a gap if one gap has nearly all of it. */
function ownTimes({ report, isLossy, quote }: Evidence, told: ReadonlySet<ReportNode>): TimeFinding[] {
  const gaps = new Map<ReportNode, Gap>(findGaps(report).map(gap => [gap.node, gap]))
  return Array.from(selfTimes(report)).flatMap(([node, selfUs]) => {
    if (told.has(node)) return []
    const gap = gaps.get(node)
    return gap !== undefined && gap.toUs - gap.fromUs >= selfUs * MIN_SHARE_OF_SELF
      ? [sayGap(gap, isLossy(node), quote)]
      : [saySlow(node, selfUs, isLossy(node), quote)]
  })
}

/** Returns the points on the critical path (`own`), and these together with the points above them (`below`). */
function findCritical(
  report: Report,
  path: readonly CriticalSegment[],
): { readonly own: ReadonlySet<ReportNode>; readonly below: ReadonlySet<ReportNode> } {
  const own = new Set(path.map(({ point }) => point).filter(point => point !== undefined))
  const below = new Set(own)
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => below.has(child))) below.add(node)
  }
  return { own, below }
}

/** If clocks disagree, children can outlast the trace, so the share is at most 1. */
function shareOf(report: Report, us: number): number {
  return report.durationUs ? Math.min(1, Math.max(0, us / report.durationUs)) : 0
}
