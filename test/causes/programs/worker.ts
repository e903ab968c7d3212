// Consumes the messages that `stock` sends. Handling a message about a report takes 150 ms, and handling a message
// about a mail takes no time.

import { setTimeout as sleep } from 'node:timers/promises'
import { withTrace } from '@osprofiler/core'
import { setup } from '@osprofiler/node'
import amqplib from 'amqplib'

const osprofiler = setup({ service: 'worker' })
const connection = await amqplib.connect(process.env.RABBITMQ_URL ?? '')
const channel = await connection.createChannel()
for (const queue of ['reports', 'mails']) await channel.assertQueue(queue)
await channel.prefetch(1)
await channel.consume('reports', async message => {
  await withTrace('write report', () => sleep(150))
  if (message !== null) channel.ack(message)
})
await channel.consume('mails', message => message !== null && channel.ack(message))

process.send?.({ url: '' })
process.once('disconnect', async () => {
  await connection.close()
  await osprofiler.close()
})
