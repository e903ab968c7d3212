import { suppress } from '@osprofiler/core'
import { Promise, Set } from '@osprofiler/core/toolkit'
import type { ConfirmChannel, Options } from 'amqplib'
import { hexId } from '../messages/message.js'
import { toBrokerError } from './broker-error.js'
import type { AmqpConnection } from './connection.js'

/**
 * What became of a message: the broker has it, has no queue for it (where it was mandatory), has refused it, or the channel
 * closed before the broker said so.
 */
export type Outcome = 'taken' | 'returned' | 'refused' | 'unknown'

/** A channel that tells what becomes of each message. */
export interface PublishingChannel {
  readonly channel: ConfirmChannel
  readonly connection: AmqpConnection
  readonly isOpen: boolean
  /** @throws OsprofilerError `ERR_BROKER` where the message was not sent at all */
  publish(exchange: string, routingKey: string, content: Buffer, options?: Options.Publish): Promise<Outcome>
}

/** `onClose` is told why the channel closed; undefined where the connection ended. */
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
  // Before the channel's own listener, which has every message look as if it had been refused.
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
      const messageId = hexId()
      const properties = { contentType: 'application/json', contentEncoding: 'utf-8', persistent: true, messageId }
      return new Promise((resolve, reject) => {
        const onConfirm = (error: unknown): void => {
          if (!isOpen) return resolve('unknown')
          if (error) return resolve('refused')
          // A message that is returned is confirmed afterwards.
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
