import { isContainer, readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'

/**
 * A call from one service to another that both recorded: the caller's point, and the callee's below it. What the caller
 * waited and the callee did not work lies between them: the network, queues, and the reading of bodies.
 */
export interface ServiceCall {
  readonly caller: ReportNode
  readonly callee: ReportNode
  /** From the caller's start to the callee's, in microseconds; below 0 where their clocks disagree. */
  readonly beforeUs: number
  /** From the callee's end to the caller's; below 0 where clocks disagree or an answer outlasts the call. */
  readonly afterUs: number
  /** Both together: right whatever the clocks say, as it compares two durations. Never below 0. */
  readonly betweenUs: number
}

/** Whether a point is an outgoing request. */
export function isOutgoing(node: ReportNode): boolean {
  return node.name === 'http' || node.name === 'https' || isContainer(readField(node.start, 'info', 'requests'))
}

/** Whether a point is an outgoing request whose answer nobody read: it ended at the head, and its callee may end later. */
export function isUnread(node: ReportNode): boolean {
  return readField(node.stop, 'info', 'requests', 'unread') === true
}

/** Whether a point is a served request. */
export function isServed(node: ReportNode): boolean {
  return node.name === 'wsgi' || isContainer(readField(node.start, 'info', 'request'))
}

/** The calls of a trace that both sides recorded whole, in tree order. Of several callees below one call, each is one. */
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
    },
  ]
}
