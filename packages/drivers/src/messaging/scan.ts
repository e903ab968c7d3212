import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { clearTimeout, Math, Promise, process, setTimeout } from '@osprofiler/core/toolkit'
import type { Channel, ConsumeMessage } from 'amqplib'
import type { BrokerConnection } from './connection.js'
import { decodeNotification, TOPIC } from './notification.js'

/** More messages are not looked through: all of it would travel here, and wait at the broker for us meanwhile. */
const MAX_NOTIFICATIONS = 100_000
/** Another consumer may take what was there when the reading began. */
const IDLE_MS = 5_000

/** A notification that waits in the queue. */
export interface Waiting {
  readonly record: TraceRecord
  /** Removes it from the queue, once all have been seen. */
  take(): void
}

/**
 * Looks through the queue without emptying it: every notification is delivered to us and, seen, put back where it was,
 * in the same order. Meanwhile no other consumer gets it.
 *
 * @param see called with each notification of a profiler, in the order in which they were written
 * @param finish called when all were seen, while they can still be taken
 * @throws OsprofilerError `ERR_STORE`
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
  // An answer about the queue comes only after it has them back.
  await channel.checkQueue(TOPIC)
  await channel.close()
}

function seeMessage(channel: Channel, message: ConsumeMessage, see: (waiting: Waiting) => void): void {
  const record = decodeNotification(message.content)
  if (record !== undefined) see({ record, take: () => channel.ack(message) })
}

/** Receives so many messages, or as many as come. */
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
