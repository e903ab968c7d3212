import type { ServiceCall } from '../analysis/calls/service-calls.js'
import { type Interval, subtract, sumUs } from '../analysis/self-time.js'
import type { CauseTime } from './cause-times.js'
import type { OwnCauses } from './own-causes.js'

/**
 * Subtracts the parts that have another explanation from the time between a call's two points. Returns the reduced
 * call.
 */
export function withoutOtherParts(call: ServiceCall, own: OwnCauses, found: readonly CauseTime[]): ServiceCall {
  const parts = listOtherParts(call, own, found)
  if (parts.length === 0) return call
  const rests = call.intervals.map(interval => subtract(interval, parts))
  const [before = 0, after = 0] = call.intervals.map(
    ({ startUs, endUs }, side) => Math.max(0, endUs - startUs) - sumUs(rests[side] ?? []),
  )
  return {
    ...call,
    beforeUs: call.beforeUs - before,
    afterUs: call.afterUs - after,
    betweenUs: Math.max(0, call.betweenUs - before - after),
    intervals: rests.flat(),
  }
}

/**
 * Lists the parts of the time between two services that have another explanation. These are the times of causes that
 * have findings, and the time in which the callee started its recorder while the caller had to wait.
 */
function listOtherParts({ caller, callee }: ServiceCall, own: OwnCauses, found: readonly CauseTime[]): Interval[] {
  const { startedUs: endUs = 0, traceId } = callee
  const account = own.accountOf(callee)
  const startCostUs = account?.servedId === traceId ? account.startCostUs : 0
  const causes = new Set(found.filter(({ usByNode }) => usByNode.has(caller)).map(({ cause }) => cause))
  return [
    ...(causes.size === 0
      ? []
      : own.stretchesOf(caller).filter(({ cause }) => cause !== undefined && causes.has(cause))),
    ...(startCostUs > 0 ? [{ startUs: endUs - startCostUs, endUs }] : []),
  ]
}
