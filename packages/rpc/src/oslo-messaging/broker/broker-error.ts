import { OsprofilerError } from '@osprofiler/core'
import { isError } from '@osprofiler/core/toolkit'

const DECLARATION_MISMATCH =
  /inequivalent arg '([\w-]+)' for (exchange|queue) '([^']*)'.* but current is (?:the value )?'?(\w+)?/

/**
 * Converts an error of the broker connection to an `OsprofilerError`. Omits the original message, which may contain the
 * address of the broker.
 */
export function toBrokerError(error: unknown): OsprofilerError {
  if (error instanceof OsprofilerError) return error
  return new OsprofilerError('ERR_BROKER', `The message broker cannot be used: ${describeCause(error)}.`)
}

/**
 * Returns whether the broker refused to declare an exchange because there already is an exchange with the same name and
 * type, but with other properties.
 */
export function existsWithOtherProperties(error: unknown): boolean {
  const [, argument, kind] = DECLARATION_MISMATCH.exec(getMessage(error)) ?? []
  return kind === 'exchange' && (argument === 'durable' || argument === 'auto_delete')
}

function describeCause(error: unknown): string {
  const message = getMessage(error)
  const code: unknown = isError(error) && 'code' in error ? error.code : undefined
  if (/ACCESS.REFUSED/i.test(message) || code === 403)
    return 'it refused the user, or access to an exchange or queue (403)'
  if (/ConnectionOpenOk|\b530\b/.test(message)) return 'it has no such virtual host for this user (530)'
  if (code === 406 || message.includes('PRECONDITION')) return describeRefusedDeclaration(message)
  if (code === 404) return 'an exchange or queue does not exist (404)'
  if (typeof code === 'string' || typeof code === 'number') return `the connection failed (${code})`
  return 'the connection ended'
}

/** Describes how a declaration differs from the existing exchange or queue, and names the option to change. */
function describeRefusedDeclaration(message: string): string {
  const [, argument, kind = '', name = '', current = 'not set'] = DECLARATION_MISMATCH.exec(message) ?? []
  if (argument === undefined) return 'it refused a declaration or a message (406)'
  const place = `the ${kind} "${name}" was declared with a different ${argument}, which is ${current} (406)`
  if (argument === 'x-queue-type') return `${place}; see rabbit_quorum_queue`
  if (argument === 'auto_delete') return `${place}; see amqp_auto_delete`
  if (argument === 'durable') return `${place}; see amqp_durable_queues, and rabbit_quorum_queue for quorum queues`
  return argument === 'type' ? place : `${place}; see the options rabbit_*`
}

function getMessage(error: unknown): string {
  return isError(error) ? error.message : ''
}
