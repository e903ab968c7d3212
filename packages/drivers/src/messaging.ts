import { type Driver, OsprofilerError } from '@osprofiler/core'
import { Date } from '@osprofiler/core/toolkit'
import { createBoundWork } from './bound-work.js'
import { findClient } from './client-package.js'
import { showHost } from './connection-url.js'
import { keepAlive } from './keep-alive.js'
import { type BrokerConnection, connectToBroker, describeFailure } from './messaging/connection.js'
import { encodeNotification } from './messaging/notification.js'
import { openPublisher, type Publisher } from './messaging/publisher.js'
import { createQueueReader } from './messaging/reader.js'
import { scanQueue, type Waiting } from './messaging/scan.js'
import { readMessagingSettings } from './messaging/url.js'
import type { OpenContext } from './open-context.js'
import { createLife } from './store-life.js'
import { createTurns } from './turns.js'
import { within } from './within.js'

/** A broker that is gone, or takes nothing, holds up the end for so long. */
const CLOSE_PATIENCE_MS = 3_000
/** For so long an operation keeps the process alive, and a read may take, in milliseconds. */
const HOLD = { write: 5_000, read: 60_000 }

/**
 * Sends records as notifications of oslo.messaging over RabbitMQ, as OSProfiler's services do by default. Written means
 * that the broker has confirmed.
 *
 * A queue is no store: what waits in it is read by looking through it, and whoever consumes it takes it away.
 */
export function openMessagingDriver(location: string, context: OpenContext): Driver {
  const settings = readMessagingSettings(location)
  const place = settings.brokers.map(showHost).join(',')
  findClient('amqplib', context)
  const inTurn = createTurns()
  let connection: BrokerConnection | undefined
  let publisher: Publisher | undefined
  const life = createLife()
  const work = createBoundWork()

  async function connect(end?: AbortSignal): Promise<BrokerConnection> {
    if (connection?.isOpen === true) return connection
    publisher = undefined
    connection = await connectToBroker(settings, end)
    return connection
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
    life.checkOpen()
    await work.run(
      end =>
        keepAlive(HOLD.read, () =>
          inTurn(async () => {
            const open = await connect(end)
            end.addEventListener('abort', open.destroy)
            try {
              await scanQueue(open, see, finish)
            } catch (error) {
              open.destroy()
              throw toStoreError(place, end.aborted ? end.reason : error)
            }
          }),
        ),
      HOLD.read,
    )
  }

  async function disconnect(): Promise<void> {
    const open = connection
    connection = undefined
    if (open?.isOpen !== true) return
    await open.model.close().catch(() => undefined)
    open.destroy()
  }

  return {
    name: 'messaging',
    location: place,
    async write(records) {
      life.checkOpen()
      const sentAt = new Date()
      const contents = records.flatMap(record => encodeNotification(record, sentAt) ?? [])
      const refused = records.length - contents.length
      if (contents.length === 0) return { refused }
      const writing = work.run(end => keepAlive(HOLD.write, () => inTurn(() => publish(contents, end))))
      return { refused: refused + (await writing) }
    },
    // What is put back into a quorum queue counts as a failed delivery, and after some of those it is dropped.
    ...(settings.quorum ? {} : createQueueReader(scan)),
    async close() {
      life.end()
      if (!(await within(CLOSE_PATIENCE_MS, inTurn(disconnect)))) {
        work.abort()
        connection?.destroy()
      }
    },
  }
}

function toStoreError(place: string, error: unknown): unknown {
  if (error instanceof OsprofilerError) return error
  return new OsprofilerError('ERR_STORE', `The message broker at "${place}" cannot be used: ${describeFailure(error)}.`)
}
