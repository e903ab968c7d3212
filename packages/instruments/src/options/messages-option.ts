import { CALL_OPTIONS, type CallOptions, createCallTracer } from '@osprofiler/core/rpc'
import { checkOptionNames, Object, TypeError } from '@osprofiler/core/toolkit'

/** The destination of a published message. */
export interface MessageTarget {
  /** The name of the exchange. Empty for the default exchange, where routing keys are queue names. */
  readonly exchange: string
  readonly routingKey: string
}

/** Which published messages get trace headers, and the limits for consumed messages that have trace headers. */
export interface MessageOptions extends CallOptions {
  /**
   * Which published messages get trace headers. Default: all, because a broker is part of the system. `propagateTo`
   * does not apply to brokers. If outsiders can read from the broker, pass `false` or a function.
   */
  readonly propagate?: boolean | ((target: MessageTarget) => boolean) | undefined
}

/** Checks the option `messages`, even if no instrument uses it. @throws TypeError for an invalid option. */
export function checkMessagesOption(messages: MessageOptions): void {
  checkOptionNames(messages, ['propagate', ...Object.keys(CALL_OPTIONS)], 'messages')
  const { propagate, ...limits } = messages
  createMessageRule(propagate)
  createCallTracer(undefined, limits)
}

/**
 * Returns a function that decides whether a message gets trace headers.
 *
 * @throws TypeError if `propagate` is neither a boolean nor a function.
 */
export function createMessageRule(propagate: MessageOptions['propagate']): (target: MessageTarget) => boolean {
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
