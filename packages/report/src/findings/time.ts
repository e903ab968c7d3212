import { findQueuedMessages } from '../analysis/calls/queued-messages.js'
import { findRetries, type Retries } from '../analysis/calls/retries.js'
import { findServiceCalls } from '../analysis/calls/service-calls.js'
import type { CriticalSegment } from '../analysis/critical-path.js'
import { findGaps, type Gap } from '../analysis/gaps.js'
import { findRepetitions } from '../analysis/repeated-points.js'
import { selfTimes } from '../analysis/self-time.js'
import { findSerialWork } from '../analysis/serial-work.js'
import { findWaiting, readWait } from '../analysis/waiting.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatDuration, formatShare } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import type { Finding } from './finding.js'
import { nameTrace } from './phrases.js'
import {
  describeCalls,
  describeGap,
  describeQueuedMessages,
  describeRepetition,
  describeRetries,
  describeSelfTime,
  describeSerialWork,
  describeWaiting,
  groupCalls,
  groupMessages,
  type TimeFinding,
} from './time-sentences.js'

const MIN_SHARES: Readonly<Record<TimeFinding['kind'], number>> = {
  repeated: 0.05,
  retried: 0.05,
  waiting: 0.05,
  queued: 0.05,
  hop: 0.1,
  slow: 0.1,
  gap: 0.1,
  serial: 0.1,
}

/** A loop grows with the data, so many repetitions stand out even if they take little time today. */
const MIN_LOOP_POINTS = 30
const MIN_LOOP_SHARE = 0.01

/**
 * If a gap has at least this share of a point's self time, the finding is about the gap, because it is more specific.
 */
const MIN_GAP_SHARE = 0.9

/**
 * Says where the time went, first on the critical path and then elsewhere, each longest first. No time is reported
 * twice, because the single points of a reported repetition, wait or call are left out.
 */
export function timeFindings(evidence: Evidence): Finding[] {
  const { report, path, clocks, limit, quote } = evidence
  const critical = findCriticalPoints(report, path)
  const selectLargest = (candidates: readonly TimeFinding[]): TimeFinding[] =>
    candidates
      .filter(({ kind, totalUs, nodes }) => {
        const isLoop = kind === 'repeated' && nodes.length >= MIN_LOOP_POINTS
        return computeShare(report, totalUs) >= (isLoop ? MIN_LOOP_SHARE : MIN_SHARES[kind])
      })
      .sort((a, b) => b.totalUs - a.totalUs)
      .slice(0, limit)

  const retries = findRetries(report)
  const retried = selectLargest(retries.map(found => describeRetries(found, quote)))
  const tries = new Set(retried.flatMap(({ nodes }) => nodes))
  const repetitions = findRepetitions(report).filter(({ nodes }) =>
    nodes.every(node => readWait(node) === undefined && !tries.has(node)),
  )
  const repeated = selectLargest(repetitions.map(repetition => describeRepetition(repetition, quote)))
  const waiting = selectLargest(findWaiting(report).map(describeWaiting))
  const queued = selectLargest(groupMessages(findQueuedMessages(report)).map(describeQueuedMessages))
  const calls = findServiceCalls(report)
  const between = selectLargest(groupCalls(calls).map(group => describeCalls(group, clocks, quote)))
  const reported = new Set([...repeated, ...retried, ...waiting].flatMap(({ nodes }) => nodes))
  const pausing = findPausingPoints(report, retries, tries)
  const own = selectLargest(
    describeSelfTimes(evidence, new Set([...reported, ...pausing, ...calls.map(({ caller }) => caller)])),
  )
  const serial = selectLargest(
    findSerialWork(report, reported)
      .filter(({ nodes }) => nodes.every(node => critical.below.has(node)))
      .map(work => describeSerialWork(work, quote)),
  )
  return [...repeated, ...retried, ...waiting, ...queued, ...between, ...own, ...serial]
    .map(found => ({
      found,
      isCritical: found.nodes.some(node => (found.isSelfTime ? critical.own : critical.below).has(node)),
    }))
    .sort((a, b) => Number(b.isCritical) - Number(a.isCritical) || b.found.totalUs - a.found.totalUs)
    .map(({ found, isCritical }) => toFinding(report, found, isCritical))
}

function toFinding(report: Report, { kind, nodes, totalUs, toSentence }: TimeFinding, isCritical: boolean): Finding {
  const share = computeShare(report, totalUs)
  const sentence = toSentence(`${formatShare(share)} of ${nameTrace(report)}`, formatDuration(totalUs))
  return {
    kind,
    sentence: isCritical ? sentence : `${sentence}, not on the critical path`,
    traceIds: nodes.map(node => node.traceId),
    count: nodes.length,
    totalUs,
    share,
  }
}

/** Returns the points whose own time is nearly all pauses between reported tries. */
function findPausingPoints(
  report: Report,
  retries: readonly Retries[],
  reported: ReadonlySet<ReportNode>,
): readonly ReportNode[] {
  const reportedRetries = retries.filter(({ tries }) => tries.every(node => reported.has(node)))
  if (reportedRetries.length === 0) return []
  const own = selfTimes(report)
  return reportedRetries.flatMap(({ parent, pausesUs }) =>
    parent !== undefined && pausesUs >= (own.get(parent) ?? 0) * MIN_GAP_SHARE ? [parent] : [],
  )
}

/** Describes the self time of each point. If a single gap has nearly all of a point's self time, describes the gap. */
function describeSelfTimes({ report, isLossy, quote }: Evidence, reported: ReadonlySet<ReportNode>): TimeFinding[] {
  const gaps = new Map<ReportNode, Gap>(findGaps(report).map(gap => [gap.node, gap]))
  return Array.from(selfTimes(report)).flatMap(([node, selfUs]) => {
    if (reported.has(node)) return []
    const gap = gaps.get(node)
    return gap !== undefined && gap.toUs - gap.fromUs >= selfUs * MIN_GAP_SHARE
      ? [describeGap(gap, isLossy(node), quote)]
      : [describeSelfTime(node, selfUs, isLossy(node), quote)]
  })
}

/** Returns the points on the critical path (`own`), and those points together with the points above them (`below`). */
function findCriticalPoints(
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

/** The share is limited to 1, because children can take longer than the trace if clocks disagree. */
function computeShare(report: Report, us: number): number {
  return report.durationUs ? Math.min(1, Math.max(0, us / report.durationUs)) : 0
}
