import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SharedServer, shareRabbitmq } from '../../../test/servers/share.js'
import { recordWithoutSecrets, SECRET } from './secrets.js'

let rabbitmq: SharedServer

beforeAll(async () => {
  rabbitmq = await shareRabbitmq({ user: SECRET, password: `${SECRET}-password` })
})
afterAll(() => rabbitmq.stop())

it('the instruments record no RabbitMQ credentials and no message content', async () => {
  const records = await recordWithoutSecrets(undefined, async () => {
    const connection = await connect(rabbitmq.url)
    const channel = await connection.createConfirmChannel()
    const { queue } = await channel.assertQueue('', { exclusive: true })
    const headers = { authorization: SECRET, note: SECRET }
    channel.sendToQueue(queue, Buffer.from(SECRET), { headers, userId: SECRET })
    await channel.waitForConfirms()
    await channel.get(queue, { noAck: true })
    await connection.close()
    await connect(rabbitmq.url.replace('-password', '-wrong')).catch(() => undefined)
  })

  expect(records.filter(({ name }) => name === 'rpc-start').length).toBeGreaterThan(0)
})
