import { CALL_OPTIONS, type CallOptions, createCallTracer } from '@osprofiler/core/rpc'
import { checkOptionNames, Object, TypeError } from '@osprofiler/core/toolkit'

/** Where a message is published to. */
export interface MessageTarget {
  /** Empty for the default exchange, whose routing keys are the names of queues. */
  readonly exchange: string
  readonly routingKey: string
}

/** How messages are traced: which carry the trace on, and the limits on those that arrive with one. */
export interface MessageOptions extends CallOptions {
  /**
   * Which published messages carry the trace. A broker is part of the system that it serves and no host of
   * `propagateTo`, so by default all do; say `false`, or which, where strangers read from it.
   */
  readonly propagate?: boolean | ((target: MessageTarget) => boolean) | undefined
}

/** Whether anything is instrumented that looks at them or not. @throws TypeError for a wrong one. */
export function checkMessagesOption(messages: MessageOptions): void {
  checkOptionNames(messages, ['propagate', ...Object.keys(CALL_OPTIONS)], 'messages')
  const { propagate, ...limits } = messages
  readMessageRule(propagate)
  createCallTracer(undefined, limits)
}

/** @throws TypeError where it is neither a boolean nor a function. */
export function readMessageRule(propagate: MessageOptions['propagate']): (target: MessageTarget) => boolean {
  if (typeof propagate === 'boolean' || propagate === undefined) return () => propagate ?? true
  if (typeof propagate !== 'function') {
    throw new TypeError(`messages.propagate is a boolean or a function, not ${typeof propagate}`)
  }
  return target => {
    try {
      return propagate(target) === true
    } catch {
      return false
    }
  }
}
