// Takes orders. It uses Koa, and passes the orders to the worker over RabbitMQ.

import { osprofilerMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import amqplib from 'amqplib'
import Koa from 'koa'

const osprofiler = setup({ service: 'shop' })
const connection = await amqplib.connect(process.env.RABBITMQ_URL)
const channel = await connection.createConfirmChannel()
await channel.assertExchange('shop', 'topic', { durable: false })

const app = new Koa()
app.use(osprofilerMiddleware())
app.use(async ctx => {
  const order = Buffer.from(ctx.path.split('/').at(-1))
  await new Promise((resolve, reject) => {
    channel.publish('shop', 'orders.created', order, {}, error => (error ? reject(error) : resolve()))
  })
  ctx.status = 202
  ctx.body = { accepted: true }
})

const server = app.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.once('disconnect', () => {
  server.close(async () => {
    await connection.close()
    await osprofiler.close()
  })
})
