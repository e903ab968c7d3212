import { suppress } from '@osprofiler/core'
import { Promise, Set } from '@osprofiler/core/toolkit'
import type { ConfirmChannel, Options } from 'amqplib'
import { createHexId } from '../messages/message.js'
import { toBrokerError } from './broker-error.js'
import type { AmqpConnection } from './connection.js'

/** Outcome of a message: taken, without a queue (if mandatory), refused, or unknown as the channel closed first. */
export type Outcome = 'taken' | 'returned' | 'refused' | 'unknown'

/** A channel that reports the outcome of each message. */
export interface PublishingChannel {
  readonly channel: ConfirmChannel
  readonly connection: AmqpConnection
  readonly isOpen: boolean
  /** Rejects with `ERR_BROKER` if the message was not sent at all. */
  publish(exchange: string, routingKey: string, content: Buffer, options?: Options.Publish): Promise<Outcome>
}

/** `onClose` gets the reason why the channel closed, or undefined if the connection ended. */
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
  // Runs before the channel's own listener, which makes every message look refused.
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
          // A returned message is confirmed afterwards.
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
