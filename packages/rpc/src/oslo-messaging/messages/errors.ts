import { OsprofilerError } from '@osprofiler/core'
import { Array } from '@osprofiler/core/toolkit'

/** What a `RemoteError` is made of: a Python exception, or an error of JavaScript. */
export interface RemoteFailure {
  /** The name of the exception's class: `ValueError`. */
  readonly type: string
  /** The module of the class: `builtins`, `nova.exception`. Default `builtins`. */
  readonly module?: string | undefined
  readonly message: string
  /** What the class is called with when Python makes the exception anew. Default: the message alone. */
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  /** The lines of the traceback, or of the stack. */
  readonly traceback?: readonly string[] | undefined
}

/**
 * The method of a call has failed in its server. A method of ours that throws one fails with that exception at the caller, also
 * at one in Python.
 *
 * @example
 * throw new RemoteError({ type: 'InstanceNotFound', module: 'nova.exception', message: `No instance ${id}` })
 */
export class RemoteError extends OsprofilerError {
  override readonly name = 'RemoteError'
  readonly type: string
  readonly module: string
  /** The message of the exception alone. */
  readonly remoteMessage: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly traceback: readonly string[]

  constructor({ type, module = 'builtins', message, args = [message], kwargs = {}, traceback = [] }: RemoteFailure) {
    super('ERR_REMOTE', `${type}: ${message}`)
    this.type = type
    this.module = module
    this.remoteMessage = message
    this.args = Array.from(args)
    this.kwargs = kwargs
    this.traceback = Array.from(traceback)
  }
}

/** No reply has come in time. The method may have run all the same. */
export class MessagingTimeout extends OsprofilerError {
  override readonly name = 'MessagingTimeout'

  constructor(message: string) {
    super('ERR_TIMEOUT', message)
  }
}

/** There is no queue for a call: nobody has served its topic. */
export class MessageUndeliverable extends OsprofilerError {
  override readonly name = 'MessageUndeliverable'

  constructor(message: string) {
    super('ERR_UNDELIVERABLE', message)
  }
}
