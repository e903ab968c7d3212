import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isOutgoing } from './calls/service-calls.js'
import { countRequests } from './counted-requests.js'
import { countDroppedRecords } from './losses.js'

/**
 * Returns whether everything that the services counted has arrived. This is the case if all of these are true:
 *
 * - Every point belongs to a request with counts.
 * - All counted points and announced accounts are in the trace, and have stopped.
 * - Each outgoing request with the trace's headers has a counted request below it.
 *
 * Returns false if a service does not count its points. Services in Python do not count them.
 */
export function isWholeTrace(report: Report): boolean {
  const { requests, requestOf } = countRequests(report)
  const isShort = requests.some(
    ({ present, recorded, sent, passedOn, pendingAccounts }) =>
      present < recorded || sent < passedOn || pendingAccounts > 0,
  )
  if (isShort) return false
  const served = new Set(requests.map(request => request.served))
  return (
    report.points.length > 0 &&
    report.points.every(
      node => requestOf.has(node) && isWholePoint(node) && (!isSigned(node) || hasServed(node, served)),
    )
  )
}

function isWholePoint(node: ReportNode): boolean {
  return node.marks.every(mark => mark === 'duplicate') && countDroppedRecords(node) === 0
}

/** Returns whether a request may have been sent with the trace's headers. */
function isSigned(node: ReportNode): boolean {
  return isOutgoing(node) && readField(node.stop, 'info', 'requests', 'signed') !== false
}

function hasServed({ children }: ReportNode, served: ReadonlySet<ReportNode>): boolean {
  return children.some(child => served.has(child))
}
