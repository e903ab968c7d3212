import { type Driver, OsprofilerError } from '@osprofiler/core'
import { AbortController, AbortSignal, clearTimeout, Date, setTimeout } from '@osprofiler/core/toolkit'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { createOneAtATime } from '../lifetime/one-at-a-time.js'
import { findClient } from '../opening/client-package.js'
import { showHosts } from '../opening/connection-url.js'
import type { OpenContext } from '../opening/open-context.js'
import { type BrokerConnection, connectToBroker, describeFailure } from './connection.js'
import { encodeNotification } from './notification.js'
import { openPublisher, type Publisher } from './publisher.js'
import { createQueueReader } from './reader.js'
import { scanQueue, type Waiting } from './scan.js'
import { readMessagingSettings } from './url.js'

/** For so long all brokers together are tried: until one has answered, the client keeps the process alive. */
const CONNECT_MS = 4_000
/** For so long a read may take. */
const READ_MS = 60_000

/**
 * Sends records as notifications of oslo.messaging over RabbitMQ, as OSProfiler's services do by default. Written means
 * that the broker has confirmed.
 *
 * A queue is no store: what waits in it is read by looking through it, and whoever consumes it takes it away.
 */
export function openMessagingDriver(location: string, context: OpenContext): Driver {
  const settings = readMessagingSettings(location)
  const place = showHosts(settings.brokers)
  findClient('amqplib', context)
  const oneAtATime = createOneAtATime()
  let brokers = settings.brokers
  let connection: BrokerConnection | undefined
  let publisher: Publisher | undefined
  const lifetime = createLifetime()
  const work = createAbortableWork()

  async function connect(end: AbortSignal): Promise<BrokerConnection> {
    if (connection?.isOpen === true) return connection
    publisher = undefined
    // Not `AbortSignal.timeout()`: the socket listens to the signal for as long as it lives.
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), CONNECT_MS).unref()
    try {
      connection = await connectToBroker(settings, lifetime.lookup, AbortSignal.any([end, limit.signal]), brokers)
      return connection
    } catch (error) {
      // The next time, another one comes first.
      if (limit.signal.aborted) brokers = [...brokers.slice(1), ...brokers.slice(0, 1)]
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async function publish(contents: readonly Buffer[], end: AbortSignal): Promise<number> {
    const open = await connect(end)
    end.addEventListener('abort', open.destroy)
    try {
      publisher ??= await openPublisher(open, settings)
    } catch (error) {
      open.destroy()
      throw toStoreError(place, error)
    }
    try {
      return await publisher.publish(contents)
    } catch (error) {
      if (!publisher.isOpen) publisher = undefined
      throw error
    }
  }

  async function scan(see: (waiting: Waiting) => void, finish?: () => void): Promise<void> {
    lifetime.checkOpen()
    await work.run(
      end =>
        oneAtATime(async () => {
          const open = await connect(end)
          end.addEventListener('abort', open.destroy)
          try {
            await scanQueue(open, see, finish)
          } catch (error) {
            open.destroy()
            throw toStoreError(place, end.aborted ? end.reason : error)
          }
        }),
      READ_MS,
    )
  }

  async function disconnect(): Promise<void> {
    if (connection?.isOpen === true) await connection.model.close().catch(() => undefined)
  }

  return {
    name: 'messaging',
    location: place,
    async write(records) {
      lifetime.checkOpen()
      const sentAt = new Date()
      const contents = records.flatMap(record => encodeNotification(record, sentAt) ?? [])
      const refused = records.length - contents.length
      if (contents.length === 0) return { refused }
      const writing = work.run(end => oneAtATime(() => publish(contents, end)))
      return { refused: refused + (await lifetime.trackWrite(writing)) }
    },
    // What is put back into a quorum queue counts as a failed delivery, and after some of those it is dropped.
    ...(settings.quorum ? {} : createQueueReader(scan)),
    close: timeout =>
      lifetime.close(timeout, {
        leave: () => oneAtATime(disconnect),
        cut() {
          work.abort()
          connection?.destroy()
        },
      }),
  }
}

function toStoreError(place: string, error: unknown): unknown {
  if (error instanceof OsprofilerError) return error
  return new OsprofilerError('ERR_STORE', `The message broker at "${place}" cannot be used: ${describeFailure(error)}.`)
}
