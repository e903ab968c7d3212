import { findQueuedMessages } from '../analysis/calls/queued-messages.js'
import { findRetries, type Retries } from '../analysis/calls/retries.js'
import { findServiceCalls, isOutgoing } from '../analysis/calls/service-calls.js'
import { type CriticalSegment, criticalPath } from '../analysis/critical-path.js'
import { findGaps, type Gap } from '../analysis/gaps.js'
import { findLateWork } from '../analysis/late-work.js'
import { findRepetitions, keepUnexplained } from '../analysis/repeats/repeated-points.js'
import { selfTimes } from '../analysis/self-time.js'
import { findSerialWork, keepDistinct } from '../analysis/serial-work.js'
import { findWaiting, readWait } from '../analysis/waiting.js'
import type { Cause } from '../tree/account.js'
import { groupBy } from '../tree/group-by.js'
import type { Report, ReportNode } from '../tree/report.js'
import { withoutOtherParts } from '../why/call-parts.js'
import { findCauseTimes } from '../why/cause-times.js'
import { createOwnCauses, isWait, type OwnCauses } from '../why/own-causes.js'
import { formatDuration, formatShare } from '../words/format-duration.js'
import { createRepetitionKey } from '../words/point-label.js'
import { describeCauseTime, rankCause, sumExplained } from './cause-sentences.js'
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

const MIN_SHARE = 0.1
const SMALLER_SHARES: Readonly<Partial<Record<TimeFinding['kind'], number>>> = {
  repeated: 0.05,
  retried: 0.05,
  waiting: 0.05,
  queued: 0.05,
  connecting: 0.05,
}

/** A loop grows with the data, so a loop of many points is reported even if it takes little time today. */
const MIN_LOOP_POINTS = 30
const MIN_LOOP_SHARE = 0.01

/**
 * A request that takes less time than this seems immediate (Nielsen, Usability Engineering, 1993). So only its
 * patterns, such as loops, are worth a sentence.
 */
const FAST_US = 100_000

/**
 * A finding about steps that might run in parallel comes before other findings about these steps if it may save at
 * least this share of their longest time. Its advice is better, because no step has to become faster.
 */
const MIN_SERIAL_SHARE = 0.75

/** Shorter work after an answer is common, and rarely matters. */
const MIN_LATE_US = 10_000

/**
 * If a gap has at least this share of a point's self time, the finding is about the gap, because it is more specific.
 */
const MIN_GAP_SHARE = 0.75

/**
 * If an account's causes explain at least this share of a time, the findings are about the causes, because they are
 * more specific.
 */
const MIN_CAUSE_SHARE = 0.5

/** A whole trace, or only the part until the answer. */
interface Scope {
  readonly report: Report
  readonly path: readonly CriticalSegment[]
  /** The words for the whole to which shares refer, such as `this request`. */
  readonly whole: string
  readonly includes: (nodes: readonly ReportNode[]) => boolean
}

/** A finding, and the values by which findings are sorted. */
interface RankedFinding {
  readonly finding: Finding
  readonly isCritical: boolean
  /** A finding with a longer time comes first. */
  readonly rankUs: number
}

/**
 * Reports where the time went: first on the critical path, and then elsewhere. In both groups, the longest time comes
 * first. No time is reported twice, because the single points of a reported repetition, wait or call are left out.
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

/**
 * Reports the work that continued after the answer. Such work comes first if it took longer than anything that delayed
 * the answer.
 */
function findLate({ report, limit, quote }: Evidence): RankedFinding[] {
  if (isFast(report)) return []
  return findLateWork(report)
    .filter(({ totalUs }) => totalUs >= MIN_LATE_US && computeShare(report, totalUs) >= MIN_SHARE)
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
  const selectLargest = <Candidate extends TimeFinding>(candidates: readonly Candidate[]): Candidate[] =>
    candidates
      .filter(({ kind, totalUs, nodes, isPattern = false }) => {
        if (!includes(nodes) || (isFast(report) && !isPattern)) return false
        const isLoop = kind === 'repeated' && nodes.length >= MIN_LOOP_POINTS
        return computeShare(report, totalUs) >= (isLoop ? MIN_LOOP_SHARE : (SMALLER_SHARES[kind] ?? MIN_SHARE))
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
  const repeated = selectLargest(
    keepUnexplained(repetitions, report).map(repetition => describeRepetition(repetition, quote)),
  )
  const waiting = selectLargest(
    findWaiting(report).map(found => describePoolWait(found, report, quote) ?? describeWaiting(found)),
  )
  const queued = selectLargest(groupMessages(findQueuedMessages(report)).map(describeQueuedMessages))
  const reported = new Set([...repeated, ...retried, ...waiting].flatMap(({ nodes }) => nodes))
  const bodies = selectLargest(describeBodies(report, outgoing, reported, quote))
  const pauses = sumPauses(retries, tries)
  const ownTimes = selfTimes(report)
  const isPausing = (node: ReportNode): boolean =>
    (pauses.get(node) ?? 0) >= (ownTimes.get(node) ?? Number.POSITIVE_INFINITY) * MIN_GAP_SHARE
  const own = createOwnCauses(report)
  const told = new Set([...bodies, ...connecting].flatMap(({ nodes }) => nodes))
  // A query or call that is already reported is itself the wait, so the causes of its time are left out. The causes of
  // other reported steps are kept, because they name the code that took the time.
  const isNew = (node: ReportNode, cause: Cause): boolean =>
    !isPausing(node) && !(isWait(node) && reported.has(node)) && !(cause.kind === 'wait' && told.has(node))
  const causeTimes = findCauseTimes(report, own, (report.durationUs ?? 0) * MIN_SHARE, isNew).map(describeCauseTime)
  const causes = [...groupBy(causeTimes, ({ kind }) => kind).values()].flatMap(selectLargest)
  const explained = sumExplained(causes)
  const times = causes.map(({ time }) => time)
  const unexplainedBodies = bodies.filter(
    ({ nodes, totalUs }) =>
      nodes.reduce((sum, node) => sum + (explained.get(node) ?? 0), 0) < totalUs * MIN_CAUSE_SHARE,
  )
  const withBody = new Set(bodies.flatMap(({ nodes }) => nodes))
  const calls = findServiceCalls(report).map(call => withoutOtherParts(call, own, times))
  const unexplained = calls.filter(
    ({ caller, betweenUs }) => !withBody.has(caller) && !isConnecting([caller], betweenUs),
  )
  const between = selectLargest(groupCalls(unexplained).map(group => describeCalls(group, clocks, quote)))
  const described = describeSelfTimes(
    { ...evidence, report },
    new Set([...reported, ...withBody, ...calls.map(({ caller }) => caller)]),
    { ownTimes, explained, pauses, own },
  ).filter(({ nodes, totalUs }) => !isConnecting(nodes, totalUs))
  const self = selectLargest(keepCritical(described, critical.own))
  const again = [...repeats.flatMap(({ nodes }) => nodes), ...retries.flatMap(found => found.tries)]
  const opened = connecting.flatMap(({ nodes }) => nodes).filter(isExplained)
  const runs = findSerialWork(report, new Set([...reported, ...again, ...opened])).filter(({ nodes }) =>
    nodes.every(node => critical.below.has(node)),
  )
  const serial = selectLargest(keepDistinct(runs, report).map(work => describeSerialWork(work, quote)))
  const steps = [...repeated, ...retried, ...waiting, ...queued]
  const others = [...steps, ...connecting, ...unexplainedBodies, ...between, ...causes, ...self]
  const ranks = new Map<TimeFinding, number>([
    ...waiting.map(found => [found, rankWait(found, repeated)] as const),
    ...causes.map(found => [found, rankCause(found.time, repeated)] as const),
    ...serial.map(found => [found, rankSerial(found, others)] as const),
  ])
  return [...others, ...serial]
    .map(found => ({
      found,
      isCritical: found.nodes.some(node => (found.isSelfTime ? critical.own : critical.below).has(node)),
    }))
    .map(({ found, isCritical }) => ({
      finding: toFinding(report, found, whole, isCritical),
      isCritical,
      rankUs: ranks.get(found) ?? found.rankUs ?? found.totalUs,
    }))
}

function isFast({ durationUs, accounts = [] }: Report): boolean {
  // If the user asked for accounts, the reasons for a fast request's time are of interest, too.
  return durationUs !== undefined && durationUs < FAST_US && accounts.length === 0
}

/**
 * Returns the time by which a finding about steps that might run in parallel is ranked. Such a finding usually comes
 * before the findings about the time of these steps.
 */
function rankSerial({ nodes, totalUs }: TimeFinding, others: readonly TimeFinding[]): number {
  const within = new Set(nodes)
  for (const node of within) for (const child of node.children) within.add(child)
  const longest = others
    .filter(found => found.nodes.every(node => within.has(node)))
    .reduce((us, found) => Math.max(us, found.totalUs), 0)
  return totalUs >= longest * MIN_SERIAL_SHARE ? Math.max(totalUs, longest + 1) : totalUs
}

/**
 * Among findings about points that do the same thing, keeps those on the critical path. If none of them is on the path,
 * keeps all.
 */
function keepCritical(found: readonly TimeFinding[], critical: ReadonlySet<ReportNode>): TimeFinding[] {
  const keyOf = createRepetitionKey()
  const groups = groupBy(found, ({ nodes: [node] }) => node && keyOf(node))
  return [...groups.values()].flatMap(same => {
    const kept = same.filter(({ nodes }) => nodes.some(node => critical.has(node)))
    return kept.length === 0 ? same : kept
  })
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

/** Returns the pauses between reported tries in microseconds, by the point that made the tries. */
function sumPauses(retries: readonly Retries[], reported: ReadonlySet<ReportNode>): ReadonlyMap<ReportNode, number> {
  const pauses = new Map<ReportNode, number>()
  for (const { parent, tries, pausesUs } of retries) {
    if (parent === undefined || !tries.every(node => reported.has(node))) continue
    pauses.set(parent, (pauses.get(parent) ?? 0) + pausesUs)
  }
  return pauses
}

/**
 * Creates a finding about the self time of each point that has no other finding yet. Pauses between reported tries, and
 * time that findings about causes explain, do not count. A single gap (an interval in which nothing was recorded) may
 * make up most of the self time. The finding is then about the gap, unless the account explains most of the self time.
 */
function describeSelfTimes(
  { report, isLossy, quote }: Evidence,
  reported: ReadonlySet<ReportNode>,
  {
    ownTimes,
    explained,
    pauses,
    own,
  }: {
    readonly ownTimes: ReadonlyMap<ReportNode, number>
    readonly explained: ReadonlyMap<ReportNode, number>
    readonly pauses: ReadonlyMap<ReportNode, number>
    readonly own: OwnCauses
  },
): TimeFinding[] {
  const gaps = new Map<ReportNode, Gap>(findGaps(report).map(gap => [gap.node, gap]))
  return Array.from(ownTimes).flatMap(([node, ownUs]) => {
    if (reported.has(node)) return []
    const pausesUs = pauses.get(node) ?? 0
    const selfUs = ownUs - pausesUs
    // If there are pauses between tries, the longest gap may be one of these pauses.
    const gap = pausesUs === 0 ? gaps.get(node) : undefined
    const knownUs = own.knownUsOf(node)
    if (gap !== undefined && knownUs < selfUs * MIN_CAUSE_SHARE && gap.toUs - gap.fromUs >= selfUs * MIN_GAP_SHARE)
      return [describeGap(gap, isLossy(node), quote)]
    const explainedUs = explained.get(node) ?? 0
    const restUs = selfUs - explainedUs
    const hasSmallCauses = knownUs > 0 && knownUs - explainedUs >= restUs * MIN_CAUSE_SHARE && !isWait(node)
    const isUnclear = isLossy(node) && knownUs < selfUs * MIN_CAUSE_SHARE
    return [
      describeLargeResult(node, restUs, quote) ?? describeSelfTime(node, restUs, isUnclear, quote, hasSmallCauses),
    ]
  })
}

/** Returns the points on the critical path (`own`), and these points together with all points above them (`below`). */
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

/**
 * Returns a time as a share of the trace's duration. The share is at most 1, even if children took longer than the
 * trace because clocks disagree.
 */
function computeShare(report: Report, us: number): number {
  return report.durationUs ? Math.min(1, Math.max(0, us / report.durationUs)) : 0
}
