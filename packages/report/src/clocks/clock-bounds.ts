import { isOutgoing, isServed } from '../analysis/service-calls.js'
import { readField } from '../tree/read-field.js'
import { readStatus } from '../tree/read-record.js'
import type { ReportNode } from '../tree/report.js'

/** What a point and a point below it on another clock say: what to add to the other clock's times lies between these. */
export interface ClockBounds {
  readonly min: number
  readonly max: number
  /** How far beyond a bound clocks that agree may seem to lie. */
  readonly slack: { readonly min: number; readonly max: number }
  /** Whether a bound is too far off to estimate by: it only says what cannot be. */
  readonly isLoose: { readonly min: boolean; readonly max: boolean }
}

/** A response's end is seen by its server as late as this after its client: no sign of clocks that differ. */
const LATE_END_US = 1_000
/** The same where the answer took longer than its call: then its server is known to end late. */
const LATE_LONG_END_US = 5_000
/** A served request that is longer than its call by no more than this, or this share of the call, is waited for. */
const LITTLE_US = 10_000
const LITTLE_SHARE = 0.05
/** A service under load takes up a request so long after its caller has given it up. */
const MAX_BACKLOG_US = 10_000_000

/** The bounds of a child's clock, or of its parent's where `forwards` is false; `undefined` where times are not known. */
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
  // Of other children nobody knows whether they were waited for.
  if (!isOutgoing(parent) || !isServed(child)) return unknown
  if (startedUs === undefined || finishedUs === undefined || durationUs === undefined) return unknown
  const startUs = finishedUs - (child.startedUs ?? 0)
  const status = readStatus(parent.stop)
  // An error may be the answer of a proxy which gave the request up, unless the callee answered with it.
  const isOwn = status !== undefined && (status < 500 || status === readStatus(child.stop))
  const wasAnswered = status === undefined ? parent.exception === undefined : isOwn
  if (!wasAnswered) return { us: startUs + MAX_BACKLOG_US, slack: 0, isLoose: true }
  const isWhole = parent.exception === undefined && readField(parent.stop, 'info', 'requests', 'unread') !== true
  const excessUs = Math.max(0, (child.durationUs ?? Number.POSITIVE_INFINITY) - durationUs)
  if (!isWhole || excessUs > Math.max(LITTLE_US, LITTLE_SHARE * durationUs)) {
    return { us: startUs, slack: 0, isLoose: true }
  }
  if (excessUs === 0) return { us: finishedUs - (child.finishedUs ?? 0), slack: LATE_END_US, isLoose: false }
  // It ends late by its excess, and by as long as the request was on its way.
  return { us: min + excessUs, slack: LATE_LONG_END_US, isLoose: false }
}
