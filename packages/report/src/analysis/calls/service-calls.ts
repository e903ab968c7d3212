import { isContainer, readField } from '../../tree/read-field.js'
import type { Report, ReportNode } from '../../tree/report.js'

/**
 * A call that both the calling and the called service recorded. The time between their two points is spent in the
 * network, in queues, and on reading bodies.
 */
export interface ServiceCall {
  readonly caller: ReportNode
  readonly callee: ReportNode
  /** From the caller's start to the callee's start, in microseconds. Negative only if the two clocks disagree. */
  readonly beforeUs: number
  /** From the callee's end to the caller's end. Negative if the clocks disagree or the response outlasts the call. */
  readonly afterUs: number
  /**
   * The sum of `beforeUs` and `afterUs`, or 0 if the sum is negative. It is the difference between two durations, so it
   * is correct even if the clocks disagree.
   */
  readonly betweenUs: number
  /** The time from the caller's start to the callee's start, and from the callee's end to the caller's end. */
  readonly intervals: readonly { readonly startUs: number; readonly endUs: number }[]
}

/** Returns whether a point is an outgoing HTTP request. The point's name or `info.requests` shows this. */
export function isOutgoing(node: ReportNode): boolean {
  return node.name === 'http' || node.name === 'https' || isContainer(readField(node.start, 'info', 'requests'))
}

/**
 * Returns whether the response body was never read. The point of such a request ends when the response headers arrive,
 * perhaps before the end of the callee's point.
 */
export function isUnread(node: ReportNode): boolean {
  return readField(node.stop, 'info', 'requests', 'unread') === true
}

/** Returns whether a point is a served HTTP request. The name `wsgi` or `info.request` shows this. */
export function isServed(node: ReportNode): boolean {
  return node.name === 'wsgi' || isContainer(readField(node.start, 'info', 'request'))
}

/**
 * Returns the calls for which both services recorded a start and a stop, in tree order. A caller with several callees
 * yields several calls.
 */
export function findServiceCalls(report: Report): ServiceCall[] {
  return report.points
    .filter(isOutgoing)
    .flatMap(caller => caller.children.flatMap(callee => toServiceCall(caller, callee)))
}

function toServiceCall(caller: ReportNode, callee: ReportNode): ServiceCall[] {
  const { startedUs, finishedUs, durationUs } = caller
  if (startedUs === undefined || finishedUs === undefined || durationUs === undefined) return []
  if (callee.startedUs === undefined || callee.finishedUs === undefined || callee.durationUs === undefined) return []
  if (!isServed(callee)) return []
  return [
    {
      caller,
      callee,
      beforeUs: callee.startedUs - startedUs,
      afterUs: finishedUs - callee.finishedUs,
      betweenUs: Math.max(0, durationUs - callee.durationUs),
      intervals: [
        { startUs: startedUs, endUs: callee.startedUs },
        { startUs: callee.finishedUs, endUs: finishedUs },
      ],
    },
  ]
}
