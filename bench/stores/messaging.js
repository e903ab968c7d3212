import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'

const QUEUE = 'profiler.info'

/** RabbitMQ as a store of the benchmark: see `stores.js`. */
export const store = {
  title: 'RabbitMQ, as notifications',

  async start() {
    const { startRabbitmq } = await import('../../test/servers/dist/rabbitmq.js')
    const server = await startRabbitmq()
    const url = server.url.replace('amqp:', 'messaging:')
    return {
      url,
      python: ['messaging_python.Messaging', url],
      clear: () => clear(server.url),
      stop: () => server.stop(),
    }
  },

  /** Publishes with confirms. All messages in a batch are sent before the first confirm is awaited. */
  openBare(url) {
    const opening = open(url)
    return {
      async write(batch, toText) {
        const { channel } = await opening
        for (const item of batch)
          channel.publish('openstack', QUEUE, toNotification(toText(item)), { persistent: true })
        await channel.waitForConfirms()
      },
    }
  },
}

/** Adds the fields that make oslo.messaging recognize a notification. */
function toNotification(payload) {
  const message = `{"message_id":"${randomUUID()}","event_type":"profiler.orders","publisher_id":"shop-7","priority":"INFO","timestamp":"2026-11-22 10:00:00.000","payload":${payload}}`
  return Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': message }))
}

async function open(url) {
  const client = await connect(url.replace('messaging:', 'amqp:'))
  const channel = await client.createConfirmChannel()
  await declare(channel)
  return { client, channel }
}

async function declare(channel) {
  await channel.assertExchange('openstack', 'topic', { durable: false })
  await channel.assertQueue(QUEUE, { durable: false })
  await channel.bindQueue(QUEUE, 'openstack', QUEUE)
}

async function clear(url) {
  const { client, channel } = await open(url)
  await channel.purgeQueue(QUEUE)
  await client.close()
}
