import { suppress } from '@osprofiler/core'
import { Number, Symbol } from '@osprofiler/core/toolkit'
import { rejectWhenLate } from '../lifetime/deadline.js'
import { holdProcessDuring } from '../lifetime/hold.js'

/** The time limits of one call of a driver. */
export interface CallLimits {
  /** How long the call keeps the process alive. Default: until the call ends. */
  readonly holdMs?: number
  /** How long the call may take. Default: as long as the store's own limits allow. */
  readonly limitMs?: number
}

/**
 * Runs a driver's call outside of any trace. Otherwise, a traced client library would add points for the driver's own
 * work. Keeps the process alive during the call, because the driver's own connections and timers do not keep the
 * process alive.
 */
export function guardCall<Result>(
  work: () => Promise<Result>,
  { holdMs = Number.POSITIVE_INFINITY, limitMs }: CallLimits = {},
): Promise<Result> {
  const limitedWork = () => (limitMs === undefined ? work() : rejectWhenLate(work(), limitMs))
  return suppress(() => holdProcessDuring(limitedWork, holdMs))
}

/** Runs each step of an iteration through `guardCall`. */
export function guardSteps<Step>(read: () => AsyncIterable<Step>, limits: CallLimits): AsyncIterable<Step> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = suppress(() => read()[Symbol.asyncIterator]())
      return {
        next: () => guardCall(() => iterator.next(), limits),
        return: async value => {
          await guardCall(async () => iterator.return?.(value))
          return { done: true, value }
        },
      }
    },
  }
}
