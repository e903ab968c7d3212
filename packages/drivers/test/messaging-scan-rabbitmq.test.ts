import { lookup } from 'node:dns'
import { openDriver } from '@osprofiler/drivers'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type SharedServer, shareRabbitmq } from '../../../test/servers/share.js'
import { type BrokerConnection, connectToBroker } from '../src/messaging/connection.js'
import { createQueueReader } from '../src/messaging/reader.js'
import { scanQueue } from '../src/messaging/scan.js'
import { readMessagingSettings } from '../src/messaging/url.js'
import { makeTrace } from './make-record.js'

const QUEUE = 'profiler.info'
const SELECTION = { limit: 100, since: '', name: undefined, service: undefined }
const FUTURE = '2100-01-01T00:00:00.000000'

let server: SharedServer
beforeAll(async () => {
  server = await shareRabbitmq()
})
afterAll(() => server.stop())

/** Empties the queue, and writes an old trace of 20 records. */
async function writeTrace(): Promise<void> {
  const client = await connect(server.url)
  await (await client.createChannel()).deleteQueue(QUEUE)
  await client.close()
  const driver = openDriver(server.url.replace('amqp:', 'messaging:'))
  await driver.write(makeTrace(20))
  await driver.close()
}

async function countWaiting(): Promise<number> {
  const client = await connect(server.url)
  const { messageCount } = await (await client.createChannel()).checkQueue(QUEUE)
  await client.close()
  return messageCount
}

/** Removes notifications from the queue, as a consumer does. */
async function consume(count: number): Promise<void> {
  const client = await connect(server.url)
  const channel = await client.createChannel()
  for (let taken = 0; taken < count; taken++) await channel.get(QUEUE, { noAck: true })
  await client.close()
}

async function open(): Promise<BrokerConnection> {
  const connection = await connectToBroker(readMessagingSettings(server.url.slice('amqp://'.length)), lookup)
  onTestFinished(() => connection.destroy())
  return connection
}

/** Returns a connection that runs `work` once, after the notifications are counted and before they are delivered. */
function afterCount(connection: BrokerConnection, work: () => Promise<unknown>): BrokerConnection {
  const { model } = connection
  const createChannel = async () => {
    const channel = await model.createChannel()
    const { checkQueue } = channel
    channel.checkQueue = async name => {
      channel.checkQueue = checkQueue
      const counted = await channel.checkQueue(name)
      await work()
      return counted
    }
    return channel
  }
  return Object.create(connection, { model: { value: { createChannel } } })
}

describe('a queue with an exclusive consumer', () => {
  it.each(['list', 'prune'] as const)('makes "%s" fail, because the result would be incomplete', async method => {
    const client = await connect(server.url)
    onTestFinished(() => client.close())
    const other = await client.createChannel()
    await other.deleteQueue(QUEUE)
    await other.assertQueue(QUEUE, { durable: false, arguments: { 'x-single-active-consumer': true } })
    for (const record of makeTrace(3)) other.sendToQueue(QUEUE, Buffer.from(JSON.stringify(record)))
    await other.prefetch(1)
    // The consumer does not acknowledge the first notification, so the other notifications wait.
    await other.consume(QUEUE, () => undefined)
    const connection = Object.create(await open(), { declare: { value: async () => undefined } })
    const reader = createQueueReader((...seen) => scanQueue(connection, ...seen))

    const reading = method === 'list' ? reader.list?.(SELECTION, false) : reader.prune?.(FUTURE)

    await expect(reading).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/^The message broker delivered only 0 of 2 notifications/),
    })
  })
})

describe('a queue from which another consumer removes notifications during the read', () => {
  it('yields a list of the remaining notifications', async () => {
    await writeTrace()
    const connection = afterCount(await open(), () => consume(5))

    const found = await createQueueReader(see => scanQueue(connection, see)).list?.(SELECTION, false)

    expect(found).toMatchObject([{ records: 15 }])
  })

  it('is not pruned, because the age of the traces with removed notifications is unknown', async () => {
    await writeTrace()
    const connection = await open()
    const busy = afterCount(connection, () => consume(5))

    const pruning = createQueueReader((...seen) => scanQueue(busy, ...seen)).prune?.(FUTURE)

    await expect(pruning).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/^5 notifications expired or went to another consumer/),
    })
    connection.destroy()
    await expect.poll(countWaiting).toBe(15)
  })
})
