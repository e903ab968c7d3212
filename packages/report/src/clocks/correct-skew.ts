import { compareStarts, type LinkedPoint, listInTreeOrder } from '../tree/link-points.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createTimestampReader, formatTimestamp } from '../tree/timestamp.js'
import { estimateClocks, type HostClock } from './clock-skew.js'
import { createOffsetFinder } from './find-clock.js'

/** A report whose times are all on one clock, as far as the trace allows. Its records keep their recorded times. */
export interface CorrectedReport extends Report {
  /** The report as recorded. Its points have the same ids as the corrected points. */
  readonly raw: Report
  readonly clocks: readonly HostClock[]
}

/**
 * If calls between hosts show that their clocks differ (see `HostClock`), puts the times of all hosts on the first
 * host's clock. The interval of a callee is then within the interval of its caller. Durations stay as recorded, and
 * points without a known host keep their times. A report that is already corrected is returned unchanged.
 */
export function correctSkew(report: Report): CorrectedReport {
  if (isCorrected(report)) return report
  const clocks = estimateClocks(report)
  if (clocks.every(({ offsetUs }) => offsetUs === 0)) return { ...report, raw: report, clocks }

  const offsetOf = createOffsetFinder(clocks)
  let firstUs = Number.POSITIVE_INFINITY
  let lastUs = Number.NEGATIVE_INFINITY
  let lastStartedUs = Number.NEGATIVE_INFINITY
  for (const node of report.points) {
    for (const us of [node.startedUs, node.finishedUs]) {
      if (us === undefined) continue
      firstUs = Math.min(firstUs, us + offsetOf(node))
      lastUs = Math.max(lastUs, us + offsetOf(node))
    }
    lastStartedUs = Math.max(lastStartedUs, (node.startedUs ?? Number.NEGATIVE_INFINITY) + offsetOf(node))
  }
  return {
    baseId: report.baseId,
    startedAt: shiftTimestamp(report.startedAt, firstUs),
    durationUs: lastUs - firstUs,
    lastStartedUs: report.lastStartedUs === undefined ? undefined : lastStartedUs - firstUs,
    ...shiftPoints(report, node => offsetOf(node) - firstUs),
    raw: report,
    clocks,
  }
}

function isCorrected(report: Report): report is CorrectedReport {
  return 'clocks' in report && 'raw' in report
}

function shiftPoints(
  report: Report,
  shiftOf: (node: ReportNode) => number,
): Pick<Report, 'roots' | 'points' | 'accounts'> {
  const shifted = new Map<ReportNode, LinkedPoint>()
  const shiftAll = (nodes: readonly ReportNode[]): LinkedPoint[] =>
    nodes
      .map(node => shifted.get(node))
      .filter(node => node !== undefined)
      .sort(compareStarts)
  for (const node of report.points.toReversed()) {
    const children = node.children.length === 0 ? node.children : shiftAll(node.children)
    shifted.set(node, { ...shiftPoint(node, shiftOf(node)), children })
  }
  const roots = shiftAll(report.roots)
  const accounts = report.accounts?.map(node => shiftPoint(node, shiftOf(node)))
  return { roots, points: listInTreeOrder(roots), ...(accounts && { accounts }) }
}

function shiftPoint(node: ReportNode, shift: number): ReportNode {
  return {
    ...node,
    startedUs: node.startedUs === undefined ? undefined : node.startedUs + shift,
    finishedUs: node.finishedUs === undefined ? undefined : node.finishedUs + shift,
  }
}

function shiftTimestamp(timestamp: string | undefined, us: number): string | undefined {
  const at = createTimestampReader()(timestamp)
  return at === undefined ? timestamp : formatTimestamp(at + us)
}
