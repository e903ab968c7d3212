import { findQueuedMessages } from '../analysis/calls/queued-messages.js'
import { findRetries, type Retries } from '../analysis/calls/retries.js'
import { findServiceCalls, isOutgoing } from '../analysis/calls/service-calls.js'
import { type CriticalSegment, criticalPath } from '../analysis/critical-path.js'
import { findGaps, type Gap } from '../analysis/gaps.js'
import { findLateWork } from '../analysis/late-work.js'
import { findRepetitions } from '../analysis/repeats/repeated-points.js'
import { selfTimes } from '../analysis/self-time.js'
import { findSerialWork, keepDistinct } from '../analysis/serial-work.js'
import { findWaiting, readWait } from '../analysis/waiting.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatDuration, formatShare } from '../words/format-duration.js'
import { describeLargeResult, describeLateWork, describePoolWait, rankWait } from './database-sentences.js'
import type { Evidence } from './evidence.js'
import type { Finding } from './finding.js'
import { createConnectingTest, describeBodies, describeOpenedConnections } from './http-time.js'
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
  late: 0.1,
  hop: 0.1,
  slow: 0.1,
  gap: 0.1,
  serial: 0.1,
  connecting: 0.05,
  body: 0.1,
}

/** A loop grows with the data, so many repetitions stand out even if they take little time today. */
const MIN_LOOP_POINTS = 30
const MIN_LOOP_SHARE = 0.01

/** Shorter work after an answer is common, and rarely matters. */
const MIN_LATE_US = 10_000

/**
 * If a gap has at least this share of a point's self time, the finding is about the gap, because it is more specific.
 */
const MIN_GAP_SHARE = 0.9

/** A trace, or the part of it until the answer. */
interface Scope {
  readonly report: Report
  readonly path: readonly CriticalSegment[]
  /** What the shares are shares of, such as `this request`. */
  readonly whole: string
  readonly includes: (nodes: readonly ReportNode[]) => boolean
}

/** A finding, and the order in which it is shown. */
interface RankedFinding {
  readonly finding: Finding
  readonly isCritical: boolean
  /** A finding with a longer time comes first. */
  readonly rankUs: number
}

/**
 * Says where the time went, first on the critical path and then elsewhere, each longest first. No time is reported
 * twice, because the single points of a reported repetition, wait or call are left out.
 */
export function timeFindings(evidence: Evidence): Finding[] {
  const { report, request, later, path } = evidence
  const found = [...findTimes(evidence, { report: request, path, whole: nameTrace(request), includes: () => true })]
  if (later.size > 0) {
    const includes = (nodes: readonly ReportNode[]): boolean => nodes.every(node => later.has(node))
    found.push(...findTimes(evidence, { report, path: criticalPath(report), whole: 'this trace', includes }))
  }
  if (report !== request) found.push(...findLate(evidence))
  return found
    .sort((a, b) => Number(b.isCritical) - Number(a.isCritical) || b.rankUs - a.rankUs)
    .map(({ finding }) => finding)
}

/** Says what went on after the answer. This work comes first if it is longer than what delayed the answer. */
function findLate({ report, limit, quote }: Evidence): RankedFinding[] {
  return findLateWork(report)
    .filter(({ totalUs }) => totalUs >= MIN_LATE_US && computeShare(report, totalUs) >= MIN_SHARES.late)
    .slice(0, limit)
    .map(work => ({
      finding: toFinding(report, describeLateWork(work, quote), '', true),
      isCritical: true,
      rankUs: work.totalUs,
    }))
}

function findTimes(evidence: Evidence, { report, path, whole, includes }: Scope): RankedFinding[] {
  const { clocks, limit, quote } = evidence
  const critical = findCriticalPoints(report, path)
  const selectLargest = (candidates: readonly TimeFinding[]): TimeFinding[] =>
    candidates
      .filter(({ kind, totalUs, nodes }) => {
        if (!includes(nodes)) return false
        const isLoop = kind === 'repeated' && nodes.length >= MIN_LOOP_POINTS
        return computeShare(report, totalUs) >= (isLoop ? MIN_LOOP_SHARE : MIN_SHARES[kind])
      })
      .sort((a, b) => b.totalUs - a.totalUs)
      .slice(0, limit)

  const retries = findRetries(report)
  const retried = selectLargest(retries.map(found => describeRetries(found, quote)))
  const tries = new Set(retried.flatMap(({ nodes }) => nodes))
  const outgoing = report.points.filter(isOutgoing)
  const connecting = selectLargest(describeOpenedConnections(report, outgoing, tries))
  const isConnecting = createConnectingTest(connecting)
  const isExplained = (node: ReportNode): boolean => isConnecting([node], node.durationUs ?? 0)
  const repeats = findRepetitions(report)
  const repetitions = repeats.filter(
    ({ nodes, totalUs }) =>
      nodes.every(node => readWait(node) === undefined && !tries.has(node)) && !isConnecting(nodes, totalUs),
  )
  const repeated = selectLargest(repetitions.map(repetition => describeRepetition(repetition, quote)))
  const waiting = selectLargest(
    findWaiting(report).map(found => describePoolWait(found, report, quote) ?? describeWaiting(found)),
  )
  const queued = selectLargest(groupMessages(findQueuedMessages(report)).map(describeQueuedMessages))
  const reported = new Set([...repeated, ...retried, ...waiting].flatMap(({ nodes }) => nodes))
  const bodies = selectLargest(describeBodies(report, outgoing, reported, quote))
  const withBody = new Set(bodies.flatMap(({ nodes }) => nodes))
  const calls = findServiceCalls(report)
  const unexplained = calls.filter(
    ({ caller, betweenUs }) => !withBody.has(caller) && !isConnecting([caller], betweenUs),
  )
  const between = selectLargest(groupCalls(unexplained).map(group => describeCalls(group, clocks, quote)))
  const pausing = findPausingPoints(report, retries, tries)
  const own = selectLargest(
    describeSelfTimes(
      { ...evidence, report },
      new Set([...reported, ...pausing, ...withBody, ...calls.map(({ caller }) => caller)]),
    ).filter(({ nodes, totalUs }) => !isConnecting(nodes, totalUs)),
  )
  const again = [...repeats.flatMap(({ nodes }) => nodes), ...retries.flatMap(found => found.tries)]
  const opened = connecting.flatMap(({ nodes }) => nodes).filter(isExplained)
  const runs = findSerialWork(report, new Set([...reported, ...again, ...opened])).filter(({ nodes }) =>
    nodes.every(node => critical.below.has(node)),
  )
  const serial = selectLargest(keepDistinct(runs, report).map(work => describeSerialWork(work, quote)))
  return [...repeated, ...retried, ...waiting, ...queued, ...connecting, ...bodies, ...between, ...own, ...serial]
    .map(found => ({
      found,
      isCritical: found.nodes.some(node => (found.isSelfTime ? critical.own : critical.below).has(node)),
    }))
    .map(({ found, isCritical }) => ({
      finding: toFinding(report, found, whole, isCritical),
      isCritical,
      rankUs: found.kind === 'waiting' ? rankWait(found, repeated) : found.totalUs,
    }))
}

function toFinding(
  report: Report,
  { kind, nodes, totalUs, toSentence }: TimeFinding,
  whole: string,
  isCritical: boolean,
): Finding {
  const share = computeShare(report, totalUs)
  const sentence = toSentence(`${formatShare(share)} of ${whole}`, formatDuration(totalUs))
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
      : [describeLargeResult(node, selfUs, quote) ?? describeSelfTime(node, selfUs, isLossy(node), quote)]
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
