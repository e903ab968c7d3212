import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { clearTimeout, Math, Promise, process, setTimeout } from '@osprofiler/core/toolkit'
import type { Channel, ConsumeMessage } from 'amqplib'
import type { BrokerConnection } from './connection.js'
import { decodeNotification, TOPIC } from './notification.js'

/**
 * Maximum number of notifications in a queue that is scanned. A scan transfers all messages to this process, and no
 * other consumer gets them during the scan.
 */
const MAX_NOTIFICATIONS = 100_000
/**
 * How long to wait for the next message. A message that was counted may never arrive, because another consumer may have
 * taken it.
 */
const IDLE_MS = 5_000

/** A notification in the queue. The notification stays in the queue unless `take` is called. */
export interface WaitingNotification {
  readonly record: TraceRecord
  /** Removes the notification from the queue. */
  take(): void
}

/**
 * Scans the queue without emptying it: the broker delivers every notification, and then puts all of them back in the
 * same order. During the scan, no other consumer gets these notifications. `onNotification` is called with each
 * notification of a profiler, in the order in which they were written. `onFinish` is called after the last
 * notification, while all notifications can still be removed. `missing` is the number of messages that were counted
 * before the scan but went to other consumers. Throws `ERR_STORE`, for example if the queue contains messages that the
 * broker does not deliver.
 */
export async function scanQueue(
  connection: BrokerConnection,
  onNotification: (waiting: WaitingNotification) => void,
  onFinish: (missing: number) => void = () => undefined,
  maxNotifications = MAX_NOTIFICATIONS,
): Promise<void> {
  const channel = await connection.model.createChannel()
  channel.on('error', () => undefined)
  await connection.declare(channel)
  const { messageCount } = await channel.checkQueue(TOPIC)
  if (messageCount > maxNotifications) {
    await channel.close()
    throw new OsprofilerError(
      'ERR_STORE',
      `The queue "${TOPIC}" contains more than ${maxNotifications} notifications, which are too many to read. Does it have a consumer?`,
    )
  }
  const onMessage = (message: ConsumeMessage) => passOn(channel, message, onNotification)
  const missing = messageCount === 0 ? 0 : await receiveMessages(channel, messageCount, onMessage)
  if (missing > 0 && (await channel.checkQueue(TOPIC)).messageCount > 0)
    throw createUndeliveredError(missing, messageCount)
  onFinish(missing)
  channel.nackAll(true)
  // The broker answers this request only after it has put the messages back.
  await channel.checkQueue(TOPIC)
  await channel.close()
}

function createUndeliveredError(missing: number, count: number): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `The message broker delivered only ${count - missing} of ${count} notifications in the queue "${TOPIC}". Try again, or check whether another consumer uses the queue exclusively.`,
  )
}

function passOn(
  channel: Channel,
  message: ConsumeMessage,
  onNotification: (waiting: WaitingNotification) => void,
): void {
  const record = decodeNotification(message.content)
  if (record !== undefined) onNotification({ record, take: () => channel.ack(message) })
}

/** Receives `count` messages, or fewer if no more arrive. Returns the number of missing messages. */
async function receiveMessages(
  channel: Channel,
  count: number,
  onNotification: (message: ConsumeMessage) => void,
): Promise<number> {
  const consumerTag = `osprofiler-${process.pid}-${Math.random().toString(36).slice(2)}`
  let left = count
  let idle: NodeJS.Timeout | undefined
  const done = new Promise<void>((resolve, reject) => {
    idle = setTimeout(resolve, IDLE_MS).unref()
    channel.on('close', () => reject(new OsprofilerError('ERR_STORE', 'The connection to the message broker ended.')))
    const onMessage = (message: ConsumeMessage | null): void => {
      idle?.refresh()
      if (left > 0 && message !== null) {
        left--
        onNotification(message)
      }
      if (left === 0 || message === null) resolve()
    }
    channel.consume(TOPIC, onMessage, { consumerTag, noAck: false }).catch(reject)
  })
  try {
    await done
    // The broker's answer arrives only after all messages that the broker has already sent to this consumer.
    await channel.cancel(consumerTag)
    return left
  } finally {
    clearTimeout(idle)
  }
}
