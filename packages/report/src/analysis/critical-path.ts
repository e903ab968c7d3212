import type { Report, ReportNode } from '../tree/report.js'
import { isOutgoing } from './calls/service-calls.js'
import { findKnownSpans, type KnownSpan } from './known-spans.js'
import { splitAtAnswer } from './late-work.js'

/** A segment of a trace's critical path. Times are microseconds since the trace's first record. */
export interface CriticalSegment {
  /**
   * The point that spent this time itself, not in one of its children; `undefined` if no recorded point was running.
   */
  readonly point: ReportNode | undefined
  readonly fromUs: number
  readonly toUs: number
  /**
   * Whether it is only assumed that the point took this time, because the point never finished and nothing else is
   * known to have run.
   */
  readonly assumed: boolean
}

/**
 * A time at which the backward search may enter a child. This is the child's own end, or the end of work below the
 * child that ended later than the child itself.
 */
interface End {
  readonly child: KnownSpan
  readonly atUs: number
  /** Whether `atUs` is the end of work below the child that ended later than the child itself. */
  readonly isOutlasting: boolean
}

/** A child that the path enters, the time at which it does so, and whether the child ran beyond this time. */
interface Step extends Pick<End, 'child' | 'atUs'> {
  readonly isClipped: boolean
}

/** A point whose segments of the path are being collected, from its end backwards. */
interface Frame {
  readonly node: ReportNode | undefined
  readonly fromUs: number
  readonly ownStartUs: number
  readonly ownEndUs: number
  /** Whether a child that is still running at `cursorUs` is on the path up to this time. */
  readonly clipsRunning: boolean
  /**
   * Whether the point continued after its part of the path, so that it may have waited for a child that was still
   * running.
   */
  readonly isClipped: boolean
  readonly ends: readonly End[]
  /** Children that never finished, sorted by start. */
  readonly open: KnownSpan[]
  next: number
  /** The child that started first among the children that end after `cursorUs`. */
  running: KnownSpan | undefined
  /** The time that the search has reached. It only decreases. */
  cursorUs: number
}

/**
 * Returns the chain of segments that determines how long the trace takes, in order of time. The segments cover the time
 * from 0 to the trace's `durationUs` without gaps or overlaps. The request gets faster only if one of these segments
 * gets shorter. Work that continued after the answer did not delay the answer, so such work is on the path only for the
 * time after the answer.
 *
 * The search goes backwards from a point's end to the child that finished last. From that child's start, the search
 * continues with the child that had finished last by then. The remaining time is the point's self time. A child that
 * was still running delayed nothing, unless the point is an outgoing request that waited for the called service. The
 * called service is then on the path until the request ended, and so is a step for which the called service was still
 * waiting. A point at the top that was still running is also on the path. This point may have waited for another point
 * at the top, whose parent is missing from the trace. If clocks differ, pass the result of `correctSkew`. Takes O(n log
 * n) time. Source: Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures" (USENIX ATC
 * 2022).
 */
export function criticalPath(report: Report): CriticalSegment[] {
  const { durationUs = 0 } = report
  const { request } = splitAtAnswer(report)
  if (request === report) return findPath(report, 0, durationUs)
  const nodes = new Map(report.points.map(node => [node.traceId, node]))
  const answeredUs = request.durationUs ?? 0
  const before = findPath(request, 0, answeredUs).map(segment => ({
    ...segment,
    point: segment.point && nodes.get(segment.point.traceId),
  }))
  return [...before, ...findPath(report, answeredUs, durationUs)]
}

function findPath(report: Report, fromUs: number, toUs: number): CriticalSegment[] {
  const spans = findKnownSpans(report)
  const path: CriticalSegment[] = []
  const stack = [openFrame(undefined, report.roots, fromUs, toUs, spans)]
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const step = takeStep(frame)
    if (step === undefined) {
      addSelfTime(path, frame, frame.fromUs)
      stack.pop()
      continue
    }
    const { child, atUs, isClipped } = step
    const fromUs = Math.max(frame.fromUs, child.startUs)
    addSelfTime(path, frame, atUs)
    frame.cursorUs = fromUs
    stack.push({ ...openFrame(child.node, child.node.children, fromUs, atUs, spans), isClipped })
  }
  return path.reverse()
}

function openFrame(
  node: ReportNode | undefined,
  children: readonly ReportNode[],
  fromUs: number,
  toUs: number,
  spans: ReadonlyMap<ReportNode, KnownSpan>,
): Frame {
  const own = node === undefined ? undefined : spans.get(node)
  const ends: End[] = []
  const open: KnownSpan[] = []
  for (const childNode of children) {
    const child = spans.get(childNode)
    if (child === undefined) continue
    if (child.isOpen) open.push(child)
    const { endUs, lastUs } = child
    const boundUs = Math.max(fromUs, child.startUs)
    if (endUs > boundUs) ends.push({ child, atUs: endUs, isOutlasting: false })
    if (lastUs > endUs && lastUs > boundUs) ends.push({ child, atUs: lastUs, isOutlasting: true })
  }
  return {
    node,
    fromUs,
    ownStartUs: own?.startUs ?? Number.NEGATIVE_INFINITY,
    ownEndUs: own === undefined ? Number.NEGATIVE_INFINITY : own.isOpen ? Number.POSITIVE_INFINITY : own.endUs,
    clipsRunning: node === undefined || isOutgoing(node),
    isClipped: false,
    ends: ends.sort((a, b) => b.atUs - a.atUs || a.child.startUs - b.child.startUs),
    open: open.sort((a, b) => a.startUs - b.startUs),
    next: 0,
    running: undefined,
    cursorUs: toUs,
  }
}

/**
 * Returns the child that the search enters next, and the time at which it enters the child. `cursorUs` only decreases,
 * so an end that is skipped once is never needed again.
 */
function takeStep(frame: Frame): Step | undefined {
  const { ends, cursorUs } = frame
  for (; frame.next < ends.length; frame.next++) {
    const end = ends[frame.next]
    if (end === undefined) continue
    // Work that outlasted the child did not delay this point. Such work counts only for the time after this point's own
    // end.
    if (end.isOutlasting && cursorUs <= frame.ownEndUs) continue
    if (end.atUs <= cursorUs) break
    const mayHaveWaited = frame.clipsRunning || (frame.isClipped && end.atUs <= frame.ownEndUs)
    if (mayHaveWaited && end.child.startUs < (frame.running?.startUs ?? cursorUs)) frame.running = end.child
  }
  const { running } = frame
  if (running !== undefined && running.startUs < cursorUs) {
    frame.running = undefined
    return { child: running, atUs: cursorUs, isClipped: frame.node !== undefined }
  }
  const end = ends[frame.next++]
  return end && { child: end.child, atUs: end.atUs, isClipped: false }
}

/**
 * Adds the time from `fromUs` to `cursorUs` to the path. This is the point's self time, the time of an unfinished
 * child, or unrecorded time.
 */
function addSelfTime(path: CriticalSegment[], frame: Frame, fromUs: number): void {
  const { node, ownStartUs, ownEndUs, open } = frame
  let toUs = frame.cursorUs
  const addDownTo = (boundUs: number, point: ReportNode | undefined, assumed: boolean): void => {
    const downTo = Math.max(fromUs, boundUs)
    if (downTo < toUs) {
      addSegment(path, { point, fromUs: downTo, toUs, assumed })
      toUs = downTo
    }
  }
  if (node !== undefined) addDownTo(ownEndUs, undefined, false)
  while (toUs > Math.max(fromUs, ownStartUs)) {
    const child = open.at(-1)
    if (child === undefined) break
    if (child.startUs >= toUs) open.pop()
    else addDownTo(Math.max(ownStartUs, child.startUs), child.node, true)
  }
  addDownTo(ownStartUs, node, false)
  addDownTo(fromUs, undefined, false)
}

/**
 * Adds a segment. Segments are added from the end of the path to its start. So a segment of the same point extends the
 * last entry to an earlier start.
 */
function addSegment(path: CriticalSegment[], segment: CriticalSegment): void {
  const later = path.at(-1)
  if (later !== undefined && later.point === segment.point && later.assumed === segment.assumed) {
    path[path.length - 1] = { ...later, fromUs: segment.fromUs }
  } else {
    path.push(segment)
  }
}
