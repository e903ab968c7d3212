// Processes orders. A consumer stores them in PostgreSQL and Redis, and a Fastify server returns the number of orders.

import { osprofiler as plugin } from '@osprofiler/fastify'
import { setup } from '@osprofiler/node'
import amqplib from 'amqplib'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'

const osprofiler = setup({ service: 'worker' })
const database = new pg.Pool({ connectionString: process.env.POSTGRESQL_URL })
const redis = new Redis(process.env.REDIS_URL)
await database.query('CREATE TABLE orders (id text)')
await redis.ping()

const connection = await amqplib.connect(process.env.RABBITMQ_URL)
const channel = await connection.createChannel()
await channel.assertExchange('shop', 'topic', { durable: false })
await channel.assertQueue('orders', { exclusive: true })
await channel.bindQueue('orders', 'shop', 'orders.*')
await channel.prefetch(1)
await channel.consume('orders', async message => {
  const id = message.content.toString()
  await database.query('INSERT INTO orders (id) VALUES ($1)', [id])
  await redis.incr('orders')
  channel.ack(message)
})

const app = fastify()
app.register(plugin)
app.get('/orders', async () => {
  const { rows } = await database.query('SELECT count(*)::int AS stored FROM orders')
  return { stored: rows[0].stored, counted: Number(await redis.get('orders')) }
})
process.send({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
process.once('disconnect', async () => {
  await app.close()
  await connection.close()
  await database.end()
  redis.disconnect()
  await osprofiler.close()
})
