import { isOutgoing, isServed } from '../analysis/calls/service-calls.js'
import { readField } from '../tree/read-field.js'
import { readStatus } from '../tree/read-record.js'
import type { ReportNode } from '../tree/report.js'

/**
 * Limits for the offset between two clocks in microseconds, derived from a point on one clock and a point below it on
 * the other.
 */
export interface ClockBounds {
  readonly min: number
  readonly max: number
  /** How far an offset may exceed a limit without contradicting it. */
  readonly slack: { readonly min: number; readonly max: number }
  /** Whether a limit is too wide for an estimate, and only rules out impossible offsets. */
  readonly isLoose: { readonly min: boolean; readonly max: boolean }
}

/** A server may see the end of its response this much later than its client, even if the clocks agree. */
const MAX_LATE_END_US = 1_000
/** The same limit for a server whose point is longer than the call. Such a server certainly sees the end late. */
const MAX_LATE_END_OF_LONG_US = 5_000
/** The caller is assumed to have waited if the served request is longer than the call by at most this time or share. */
const MAX_EXCESS_US = 10_000
const MAX_EXCESS_SHARE = 0.05
/** A service under load may start on a request this long after its caller has timed out. */
const MAX_BACKLOG_US = 10_000_000

/**
 * Returns the limits for the offset of the child's clock from the parent's, or the reverse if `forwards` is false.
 * Returns `undefined` if a start is unknown.
 */
export function boundClocks(parent: ReportNode, child: ReportNode, forwards: boolean): ClockBounds | undefined {
  if (parent.startedUs === undefined || child.startedUs === undefined) return undefined
  const min = parent.startedUs - child.startedUs
  const { us, slack, isLoose } = boundEnd(parent, child, min)
  const max = Math.max(min, us)
  return forwards
    ? { min, max, slack: { min: 0, max: slack }, isLoose: { min: false, max: isLoose } }
    : { min: -max, max: -min, slack: { min: slack, max: 0 }, isLoose: { min: isLoose, max: false } }
}

interface EndBound {
  readonly us: number
  readonly slack: number
  readonly isLoose: boolean
}

function boundEnd(parent: ReportNode, child: ReportNode, min: number): EndBound {
  const unknown = { us: Number.POSITIVE_INFINITY, slack: 0, isLoose: true }
  const { startedUs, finishedUs, durationUs } = parent
  // Only an outgoing request is known to wait for the child, and only if the child is a served request.
  if (!isOutgoing(parent) || !isServed(child)) return unknown
  if (startedUs === undefined || finishedUs === undefined || durationUs === undefined) return unknown
  const startUs = finishedUs - (child.startedUs ?? 0)
  const status = readStatus(parent.stop)
  // An error may come from a proxy that timed out, unless the callee answered with the same status.
  const isCalleesAnswer = status !== undefined && (status < 500 || status === readStatus(child.stop))
  const wasAnswered = status === undefined ? parent.exception === undefined : isCalleesAnswer
  if (!wasAnswered) return { us: startUs + MAX_BACKLOG_US, slack: 0, isLoose: true }
  const isWhole = parent.exception === undefined && readField(parent.stop, 'info', 'requests', 'unread') !== true
  const excessUs = Math.max(0, (child.durationUs ?? Number.POSITIVE_INFINITY) - durationUs)
  if (!isWhole || excessUs > Math.max(MAX_EXCESS_US, MAX_EXCESS_SHARE * durationUs)) {
    return { us: startUs, slack: 0, isLoose: true }
  }
  if (excessUs === 0) return { us: finishedUs - (child.finishedUs ?? 0), slack: MAX_LATE_END_US, isLoose: false }
  // The callee ends late by its excess duration plus the time that the request took to arrive.
  return { us: min + excessUs, slack: MAX_LATE_END_OF_LONG_US, isLoose: false }
}
