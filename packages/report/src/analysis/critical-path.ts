import type { Report, ReportNode } from '../tree/report.js'
import { findKnownSpans, type KnownSpan } from './known-spans.js'
import { isOutgoing } from './service-calls.js'

/** A stretch of a trace's critical path. Times are microseconds since the trace's first record. */
export interface CriticalSegment {
  /** The point that the request was waiting for, itself and not one of its children; `undefined` where none ran. */
  readonly point: ReportNode | undefined
  readonly fromUs: number
  readonly toUs: number
  /** Whether it is only thought to be this point's: it never finished, and nothing else is known to have run. */
  readonly assumed: boolean
}

/** An end of a child, from which the path may go on into it. */
interface End {
  readonly child: KnownSpan
  readonly atUs: number
  /** Whether it is not the child's own end but that of something below it that outlasted it. */
  readonly outlasting: boolean
}

/** A point whose stretch of the path is being found, from its end backwards. */
interface Frame {
  readonly node: ReportNode | undefined
  readonly fromUs: number
  readonly ownStartUs: number
  readonly ownEndUs: number
  /** Whether a child that still ran where the path is counts up to there. */
  readonly clips: boolean
  /** The latest first. */
  readonly ends: readonly End[]
  /** Children without an end, the latest start last. */
  readonly open: KnownSpan[]
  next: number
  /** Of the children that end after `cursorUs`, the one that started first. */
  running: KnownSpan | undefined
  cursorUs: number
}

/**
 * The chain of stretches that decides how long the whole trace takes, in order of time: without gaps or overlaps, from 0
 * to the trace's `durationUs`. To make the request faster, something on it has to become shorter.
 *
 * It is found backwards: from a point's end to the child that finished last, through that child to its start, from
 * there to the child that had finished last by then, and so on; what is left is the point's own. A child that was still
 * running then held nobody up, save where an outgoing request waits for the service that it called: there the child
 * counts as far as the call lasted. So it is at the top, where orphans stand beside the points they belong to.
 * Where hosts' clocks differ, give it what `correctSkew` returns. Takes O(n log n) time.
 *
 * After Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures" (USENIX ATC 2022).
 */
export function criticalPath(report: Report): CriticalSegment[] {
  const spans = findKnownSpans(report)
  const path: CriticalSegment[] = []
  const stack = [openFrame(undefined, report.roots, 0, report.durationUs ?? 0, spans)]
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const step = takeStep(frame)
    if (step === undefined) {
      addOwn(path, frame, frame.fromUs)
      stack.pop()
      continue
    }
    const { child, atUs } = step
    const fromUs = Math.max(frame.fromUs, child.startUs)
    addOwn(path, frame, atUs)
    frame.cursorUs = fromUs
    stack.push(openFrame(child.node, child.node.children, fromUs, atUs, spans))
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
    if (endUs > boundUs) ends.push({ child, atUs: endUs, outlasting: false })
    if (lastUs > endUs && lastUs > boundUs) ends.push({ child, atUs: lastUs, outlasting: true })
  }
  return {
    node,
    fromUs,
    ownStartUs: own?.startUs ?? Number.NEGATIVE_INFINITY,
    ownEndUs: own === undefined ? Number.NEGATIVE_INFINITY : own.isOpen ? Number.POSITIVE_INFINITY : own.endUs,
    clips: node === undefined || isOutgoing(node),
    ends: ends.sort((a, b) => b.atUs - a.atUs || a.child.startUs - b.child.startUs),
    open: open.sort((a, b) => a.startUs - b.startUs),
    next: 0,
    running: undefined,
    cursorUs: toUs,
  }
}

/** The child that the path goes through next, and from where. The cursor only falls: what is passed over once stays so. */
function takeStep(frame: Frame): Pick<End, 'child' | 'atUs'> | undefined {
  const { ends, cursorUs } = frame
  for (; frame.next < ends.length; frame.next++) {
    const end = ends[frame.next]
    if (end === undefined) continue
    // What goes on after a child in the background held nobody up, unless the point itself is only on the path for it.
    if (end.outlasting && cursorUs <= frame.ownEndUs) continue
    if (end.atUs <= cursorUs) break
    if (frame.clips && end.child.startUs < (frame.running?.startUs ?? cursorUs)) frame.running = end.child
  }
  const { running } = frame
  if (running !== undefined && running.startUs < cursorUs) {
    frame.running = undefined
    return { child: running, atUs: cursorUs }
  }
  return ends[frame.next++]
}

/** Adds what lies between `fromUs` and the cursor as the point's own. */
function addOwn(path: CriticalSegment[], frame: Frame, fromUs: number): void {
  const { node, ownStartUs, ownEndUs, open } = frame
  let toUs = frame.cursorUs
  const addDownTo = (boundUs: number, point: ReportNode | undefined, assumed: boolean): void => {
    const downTo = Math.max(fromUs, boundUs)
    if (downTo < toUs) {
      add(path, { point, fromUs: downTo, toUs, assumed })
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

/** The path is written from its end. */
function add(path: CriticalSegment[], segment: CriticalSegment): void {
  const later = path.at(-1)
  if (later !== undefined && later.point === segment.point && later.assumed === segment.assumed) {
    path[path.length - 1] = { ...later, fromUs: segment.fromUs }
  } else {
    path.push(segment)
  }
}
