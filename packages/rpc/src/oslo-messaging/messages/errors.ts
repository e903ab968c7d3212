import { OsprofilerError } from '@osprofiler/core'
import { Array } from '@osprofiler/core/toolkit'

/** Parts of a `RemoteError`, which stands for a Python exception or a JavaScript error. */
export interface RemoteFailure {
  /** Name of the exception's class, such as `ValueError`. */
  readonly type: string
  /** Module of the class, such as `nova.exception`. Default `builtins`. */
  readonly module?: string | undefined
  readonly message: string
  /** Arguments with which Python creates the exception again. Default: the message alone. */
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  /** Lines of the traceback, or of the stack. */
  readonly traceback?: readonly string[] | undefined
}

/**
 * The method of a call failed in its server. If a method of ours throws one, its caller gets it, also in Python.
 *
 * @example
 * throw new RemoteError({ type: 'InstanceNotFound', module: 'nova.exception', message: `No instance ${id}` })
 */
export class RemoteError extends OsprofilerError {
  override readonly name = 'RemoteError'
  readonly type: string
  readonly module: string
  /** Message of the exception without its type. */
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

/** No reply came in time. The method may have run all the same. */
export class MessagingTimeout extends OsprofilerError {
  override readonly name = 'MessagingTimeout'

  constructor(message: string) {
    super('ERR_TIMEOUT', message)
  }
}

/** A call has no queue, because no server has served its topic. */
export class MessageUndeliverable extends OsprofilerError {
  override readonly name = 'MessageUndeliverable'

  constructor(message: string) {
    super('ERR_UNDELIVERABLE', message)
  }
}
