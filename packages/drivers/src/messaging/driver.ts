import { OsprofilerError } from '@osprofiler/core'
import { AbortController, AbortSignal, Date } from '@osprofiler/core/toolkit'
import { withDeadline } from '../lifetime/deadline.js'
import { createSerialQueue } from '../lifetime/serial-queue.js'
import { findClient } from '../opening/client-package.js'
import { showHosts } from '../opening/connection-url.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { type BrokerConnection, connectToBroker, describeFailure } from './connection.js'
import { encodeNotification } from './notification.js'
import { openPublisher, type Publisher } from './publisher.js'
import { createQueueReader } from './reader.js'
import { scanQueue, type WaitingNotification } from './scan.js'
import { readMessagingSettings } from './url.js'

/** Time limit for connecting, for all brokers together. While the client connects, it keeps the process alive. */
const CONNECT_MS = 4_000
const READ_MS = 60_000

/**
 * Sends records as oslo.messaging notifications over RabbitMQ, as Python's OSProfiler does by default. A write ends
 * when the broker has confirmed all notifications. A queue is not a store. To read traces, the driver scans the whole
 * queue. Consumers remove notifications from the queue.
 */
export function openMessagingDriver(location: string, context: OpenContext): StoreDriver {
  const { lifetime } = context
  const settings = readMessagingSettings(location)
  const shownBrokers = showHosts(settings.brokers)
  findClient('amqplib', context)
  const runInTurn = createSerialQueue()
  let brokers = settings.brokers
  let connection: BrokerConnection | undefined
  let publisher: Publisher | undefined

  async function connect(signal: AbortSignal): Promise<BrokerConnection> {
    if (connection?.isOpen === true) return connection
    publisher = undefined
    // `AbortSignal.timeout()` cannot be used here. A socket listens to its signal until the socket closes, so the
    // timeout would later abort the open socket.
    const limit = new AbortController()
    const connectSignal = AbortSignal.any([signal, limit.signal])
    try {
      connection = await withDeadline(
        CONNECT_MS,
        () => limit.abort(),
        () => connectToBroker(settings, lifetime.lookup, connectSignal, brokers),
      )
      return connection
    } catch (error) {
      // Moves the first broker to the end of the list, so that the next attempt starts with another broker.
      if (limit.signal.aborted) brokers = [...brokers.slice(1), ...brokers.slice(0, 1)]
      throw error
    }
  }

  async function publish(contents: readonly Buffer[], signal: AbortSignal): Promise<number> {
    const open = await connect(signal)
    signal.addEventListener('abort', open.destroy)
    try {
      publisher ??= await openPublisher(open, settings)
    } catch (error) {
      open.destroy()
      throw error
    }
    try {
      return await publisher.publish(contents)
    } catch (error) {
      if (!publisher.isOpen) publisher = undefined
      throw error
    }
  }

  async function scan(
    signal: AbortSignal,
    onNotification: (waiting: WaitingNotification) => void,
    onFinish?: (missing: number) => void,
  ): Promise<void> {
    const open = await connect(signal)
    signal.addEventListener('abort', open.destroy)
    try {
      await scanQueue(open, onNotification, onFinish)
    } catch (error) {
      open.destroy()
      throw signal.aborted ? signal.reason : error
    }
  }

  async function closeConnection(): Promise<void> {
    if (connection?.isOpen === true) await connection.model.close().catch(() => undefined)
  }

  return {
    name: 'messaging',
    location: shownBrokers,
    answerMs: READ_MS,
    async write(records) {
      const sentAt = new Date()
      const contents = records.map(record => encodeNotification(record, sentAt))
      if (contents.length === 0) return { refused: 0 }
      return { refused: await lifetime.run(signal => runInTurn(() => publish(contents, signal))) }
    },
    // The driver does not read from quorum queues. Each message that is put back into a quorum queue counts as a failed
    // delivery, and after several failed deliveries the queue drops the message.
    ...(!settings.quorum &&
      createQueueReader((...seen) => lifetime.run(signal => runInTurn(() => scan(signal, ...seen)), READ_MS))),
    toError: error =>
      new OsprofilerError(
        'ERR_STORE',
        `The message broker at "${shownBrokers}" cannot be used: ${describeFailure(error)}.`,
      ),
    disconnect: () => runInTurn(closeConnection),
    destroy: () => connection?.destroy(),
  }
}
