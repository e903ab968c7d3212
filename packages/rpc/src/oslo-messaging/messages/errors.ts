import { OsprofilerError } from '@osprofiler/core'
import { Array } from '@osprofiler/core/toolkit'

/** The parts of a `RemoteError`, which represents a Python exception or a JavaScript error. */
export interface RemoteFailure {
  /** Name of the exception class, such as `ValueError`. */
  readonly type: string
  /** Module of the exception class, such as `nova.exception`. Default `builtins`. */
  readonly module?: string | undefined
  readonly message: string
  /** The arguments with which Python re-creates the exception. Default: only the message. */
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  /** The lines of Python's traceback or of the JavaScript stack. */
  readonly traceback?: readonly string[] | undefined
}

/**
 * Thrown by a call if the called method failed on the server. If a method of a server throws a `RemoteError`, the
 * caller gets the same error, in Node.js and in Python.
 *
 * @example
 * throw new RemoteError({ type: 'InstanceNotFound', module: 'nova.exception', message: `No instance ${id}` })
 */
export class RemoteError extends OsprofilerError {
  override readonly name = 'RemoteError'
  readonly type: string
  readonly module: string
  /** The message of the exception, without the exception's type. */
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

/** Thrown if no reply arrived in time. Nevertheless, the server may have run the method. */
export class MessagingTimeout extends OsprofilerError {
  override readonly name = 'MessagingTimeout'

  constructor(message: string) {
    super('ERR_TIMEOUT', message)
  }
}

/** Thrown if no queue exists for a call. This is the case if no server has served the topic of the call yet. */
export class MessageUndeliverable extends OsprofilerError {
  override readonly name = 'MessageUndeliverable'

  constructor(message: string) {
    super('ERR_UNDELIVERABLE', message)
  }
}
