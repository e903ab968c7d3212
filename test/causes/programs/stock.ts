// An Express service with PostgreSQL, Redis and RabbitMQ. Each route is slow for one reason, except for the routes
// below /healthy.
// The tests find the line below a `line: NAME` comment by NAME.

import { readFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import { createSecureContext } from 'node:tls'
import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import amqplib from 'amqplib'
import express from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'

const osprofiler = setup({ service: 'stock', traceSql: 'statements' })
const { POSTGRESQL_URL, REDIS_URL = '', RABBITMQ_URL = '', CERTIFICATE_FILE = '', KEY_FILE = '' } = process.env

const database = new pg.Pool({ connectionString: POSTGRESQL_URL, max: 10 })
const smallPool = new pg.Pool({ connectionString: POSTGRESQL_URL, max: 2 })
await database.query('CREATE TABLE items (id serial, title text)')
await database.query("INSERT INTO items (title) SELECT 'A thing to buy' FROM generate_series(1, 200)")
const redis = new Redis(REDIS_URL)
await redis.set('greeting', 'hello')
const connection = await amqplib.connect(RABBITMQ_URL)
const channel = await connection.createConfirmChannel()
for (const queue of ['reports', 'mails']) await channel.assertQueue(queue)

const app = express()
app.use(osprofilerMiddleware())

app.get('/full-pool', async (_, res) => {
  // line: full-pool
  const query = () => smallPool.query('SELECT pg_sleep(0.15)')
  await Promise.all([1, 2, 3, 4, 5, 6].map(query))
  res.send('done')
})
app.get('/held-pool', async (_, res) => {
  // line: held-pool
  const { rows } = await smallPool.query('SELECT count(*) FROM items')
  res.json(rows)
})
app.get('/slow-query', async (_, res) => {
  // line: pg-slow
  const { rows } = await database.query('SELECT title, pg_sleep(0.3) FROM items WHERE id = $1', [7])
  res.json(rows)
})
app.get('/loop', async (_, res) => {
  const titles = []
  for (let id = 1; id <= 20; id++) {
    // line: pg-loop
    titles.push(await database.query('SELECT title, pg_sleep(0.01) FROM items WHERE id = $1', [id]))
  }
  res.json(titles.length)
})
app.get('/serial', async (_, res) => {
  // line: pg-first
  const items = await database.query('SELECT count(*), pg_sleep(0.15) FROM items')
  // line: pg-second
  const tables = await database.query('SELECT count(*), pg_sleep(0.15) FROM pg_tables')
  res.json([items.rowCount, tables.rowCount])
})
app.get('/rows', async (_, res) => {
  // line: pg-rows
  const { rows } = await database.query('SELECT i, md5(i::text) FROM generate_series(1, 150000) i')
  res.json(rows.length)
})
app.get('/blocking-command', async (_, res) => {
  // line: redis-slow
  res.json(await redis.blpop('nothing', 0.3))
})
app.get('/cache-loop', async (_, res) => {
  // line: redis-loop
  for (let id = 1; id <= 60; id++) await redis.get(`item:${id}`)
  res.send('done')
})
app.get('/queue', async (_, res) => {
  await publish('reports', 'report')
  res.sendStatus(202)
})
app.get('/tls', async (_, res) => void res.send(await loadSecurely()))

app.get('/healthy/queries', async (_, res) => {
  const find = (id: number) => database.query('SELECT title FROM items WHERE id = $1', [id])
  res.json(await Promise.all([1, 2, 3, 4, 5].map(find)))
})
app.get('/healthy/dependent', async (_, res) => {
  const { rows } = await database.query('SELECT id FROM items WHERE title = $1 LIMIT 1', ['A thing to buy'])
  res.json(await database.query('SELECT title FROM items WHERE id = $1', [rows[0].id]))
})
app.get('/healthy/transaction', async (_, res) => {
  const client = await database.connect()
  await client.query('BEGIN')
  await client.query('INSERT INTO items (title) VALUES ($1)', ['Another thing'])
  await client.query('COMMIT')
  client.release()
  res.sendStatus(201)
})
app.get('/healthy/cache', async (_, res) => {
  await redis.set('seen', 1)
  res.send(await redis.get('greeting'))
})
app.get('/healthy/message', async (_, res) => {
  await publish('mails', 'mail')
  res.sendStatus(202)
})
app.get('/hold', async (_, res) => {
  const clients = [await smallPool.connect(), await smallPool.connect()]
  const waiting = setInterval(() => {
    if (smallPool.waitingCount === 0) return
    clearInterval(waiting)
    setTimeout(() => clients.forEach(client => void client.release()), 300)
  }, 5)
  res.send('held')
})

async function publish(queue: string, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // line: queue
    channel.sendToQueue(queue, Buffer.from(text), {}, error => (error ? reject(error) : resolve()))
  })
}

const certificate = { cert: readFileSync(CERTIFICATE_FILE), key: readFileSync(KEY_FILE) }
const secure = createServer(
  {
    ...certificate,
    // Delays the TLS handshake, as if the server were far away.
    SNICallback: (_, done) => void setTimeout(() => done(null, createSecureContext(certificate)), 300),
  },
  (_, res) => void res.end('secret'),
).listen(0)

function loadSecurely(): Promise<string> {
  const { port } = secure.address() as { port: number }
  return new Promise((resolve, reject) => {
    // line: tls
    const request = get({ host: 'localhost', port, ca: certificate.cert, agent: false }, answer => {
      let text = ''
      answer.on('data', part => {
        text += part
      })
      answer.on('end', () => resolve(text))
    })
    request.on('error', reject)
  })
}

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
})
process.once('disconnect', async () => {
  for (const listening of [server, secure]) listening.close().closeAllConnections()
  await connection.close()
  await Promise.all([database.end(), smallPool.end()])
  redis.disconnect()
  await osprofiler.close()
})
