import { suppress } from '@osprofiler/core'
import { Number, Symbol } from '@osprofiler/core/toolkit'
import { limit } from '../lifetime/deadline.js'
import { hold } from '../lifetime/hold.js'

/** How long a call may take, in milliseconds. */
export interface CallBounds {
  /** For how long it keeps the process alive. Default: for as long as somebody waits for it. */
  readonly holdMs?: number
  /** When it ends at the latest. Default: when the store says so. */
  readonly limitMs?: number
}

/**
 * Does what a driver is asked for. Nothing of it is traced, whoever asks: the store's client may be instrumented. It keeps
 * the process alive while somebody waits for it: the drivers themselves hold nothing that does, as far as their clients
 * let them.
 */
export function guardCall<Result>(
  work: () => Promise<Result>,
  { holdMs = Number.POSITIVE_INFINITY, limitMs }: CallBounds = {},
): Promise<Result> {
  const bounded = () => (limitMs === undefined ? work() : limit(work(), limitMs))
  return suppress(() => hold(bounded, holdMs))
}

/** As `guardCall`, of each step of what is read step by step, when the caller asks for it. */
export function guardSteps<Step>(read: () => AsyncIterable<Step>, bounds: CallBounds): AsyncIterable<Step> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = suppress(() => read()[Symbol.asyncIterator]())
      return {
        next: () => guardCall(() => iterator.next(), bounds),
        return: async value => {
          await guardCall(async () => iterator.return?.(value))
          return { done: true, value }
        },
      }
    },
  }
}
