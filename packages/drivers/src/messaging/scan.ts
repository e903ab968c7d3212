import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { clearTimeout, Math, Promise, process, setTimeout } from '@osprofiler/core/toolkit'
import type { Channel, ConsumeMessage } from 'amqplib'
import type { BrokerConnection } from './connection.js'
import { decodeNotification, TOPIC } from './notification.js'

/** A longer queue is not read: all its messages would travel here, and no consumer would get them meanwhile. */
const MAX_NOTIFICATIONS = 100_000
/** Another consumer may take messages that were counted when the reading began. */
const IDLE_MS = 5_000

/** A notification that waits in the queue, and stays there unless `take` is called. */
export interface Waiting {
  readonly record: TraceRecord
  /** Removes the notification from the queue. */
  take(): void
}

/**
 * Looks through the queue without emptying it: every notification is delivered, and then put back in the same order.
 * Meanwhile, no other consumer gets it. `see` receives the notifications of profilers in the order of their writing.
 * `finish` is called after the last of them, while they can still be taken. Throws `ERR_STORE`.
 */
export async function scanQueue(
  connection: BrokerConnection,
  see: (waiting: Waiting) => void,
  finish: () => void = () => undefined,
  most = MAX_NOTIFICATIONS,
): Promise<void> {
  const channel = await connection.model.createChannel()
  channel.on('error', () => undefined)
  await connection.declare(channel)
  const { messageCount } = await channel.checkQueue(TOPIC)
  if (messageCount > most) {
    await channel.close()
    throw new OsprofilerError(
      'ERR_STORE',
      `More than ${most} notifications wait in the queue "${TOPIC}", too many to look through. Has it no consumer?`,
    )
  }
  if (messageCount > 0) await receive(channel, messageCount, message => seeMessage(channel, message, see))
  finish()
  channel.nackAll(true)
  // The broker answers only after it has the messages back.
  await channel.checkQueue(TOPIC)
  await channel.close()
}

function seeMessage(channel: Channel, message: ConsumeMessage, see: (waiting: Waiting) => void): void {
  const record = decodeNotification(message.content)
  if (record !== undefined) see({ record, take: () => channel.ack(message) })
}

/** Receives `count` messages, or fewer if no more arrive. */
async function receive(channel: Channel, count: number, see: (message: ConsumeMessage) => void): Promise<void> {
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
        see(message)
      }
      if (left === 0 || message === null) resolve()
    }
    channel.consume(TOPIC, onMessage, { consumerTag, noAck: false }).catch(reject)
  })
  try {
    await done
    await channel.cancel(consumerTag)
  } finally {
    clearTimeout(idle)
  }
}
