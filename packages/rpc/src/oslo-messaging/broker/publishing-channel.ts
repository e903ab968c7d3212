import { suppress } from '@osprofiler/core'
import { Promise, Set } from '@osprofiler/core/toolkit'
import type { ConfirmChannel, Options } from 'amqplib'
import { createHexId } from '../messages/message.js'
import { toBrokerError } from './broker-error.js'
import type { AmqpConnection } from './connection.js'

/**
 * The outcome of a message. `taken`: the broker accepted the message. `returned`: the message was published as
 * mandatory, and no queue exists for it. `refused`: the broker did not accept the message. `unknown`: the channel
 * closed before the broker answered.
 */
export type Outcome = 'taken' | 'returned' | 'refused' | 'unknown'

/** A channel that reports the outcome of each published message. */
export interface PublishingChannel {
  readonly channel: ConfirmChannel
  readonly connection: AmqpConnection
  readonly isOpen: boolean
  /** Publishes a message. Rejects with `ERR_BROKER` if the message was not sent at all. */
  publish(exchange: string, routingKey: string, content: Buffer, options?: Options.Publish): Promise<Outcome>
}

/**
 * Creates a `PublishingChannel`. `onClose` is called with the reason why the channel closed, or with undefined if the
 * connection ended.
 */
export function watchChannel(
  connection: AmqpConnection,
  channel: ConfirmChannel,
  onClose: (reason: unknown) => void,
): PublishingChannel {
  const returned = new Set<unknown>()
  let isOpen = true
  let failure: unknown
  channel.on('error', error => {
    failure = error
  })
  // This listener must run before the channel's own `close` listener, which reports every message as refused.
  channel.prependListener('close', () => {
    isOpen = false
    onClose(failure)
  })
  channel.on('return', ({ properties }) => returned.add(properties.messageId))

  return {
    connection,
    channel,
    get isOpen() {
      return isOpen
    },
    publish(exchange, routingKey, content, options) {
      const messageId = createHexId()
      const properties = { contentType: 'application/json', contentEncoding: 'utf-8', persistent: true, messageId }
      return new Promise((resolve, reject) => {
        const onConfirm = (error: unknown): void => {
          if (!isOpen) return resolve('unknown')
          if (error) return resolve('refused')
          // If no queue exists for a message, the broker first returns the message, and then confirms it.
          resolve(returned.delete(messageId) ? 'returned' : 'taken')
        }
        try {
          suppress(() => channel.publish(exchange, routingKey, content, { ...properties, ...options }, onConfirm))
        } catch (error) {
          reject(toBrokerError(error))
        }
      })
    },
  }
}
