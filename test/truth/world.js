import { once } from 'node:events'
import amqplib from 'amqplib'
import { Redis } from 'ioredis'
import mysql from 'mysql2'
import pg from 'pg'
import { startMariadb } from '../servers/dist/mariadb.js'
import { startPostgresql } from '../servers/dist/postgresql.js'
import { startRabbitmq } from '../servers/dist/rabbitmq.js'
import { startRedis } from '../servers/dist/redis.js'
import { startBackend } from './backend.js'
import { openMessages } from './messages.js'
import { createTruth } from './truth.js'

// There are fewer connections than parallel queries, so nearly all queries wait until another query releases a
// connection.
const CONNECTION_COUNT = 3

/** Starts all systems, and opens the clients that the requests share. */
export async function openWorld({ recordsSql, hmacKey }) {
  const [postgresql, mariadb, rabbitmq, redis] = await Promise.all([
    startPostgresql(),
    startMariadb(),
    startRabbitmq(),
    startRedis(),
  ])
  const world = {
    recordsSql,
    pg: new pg.Pool({ connectionString: postgresql.url, max: CONNECTION_COUNT }),
    mysql: mysql.createPool({ uri: mariadb.url, connectionLimit: CONNECTION_COUNT }),
    redis: new Redis(redis.url),
    /** The planned requests and calls by path, and messages by key, until they arrive. */
    requests: new Map(),
    calls: new Map(),
    inbox: new Map(),
    faults: [],
    noTruth: createTruth(false),
  }
  const connection = await amqplib.connect(rabbitmq.url)
  world.channel = await openMessages(connection, world.inbox)
  const backend = await startBackend(world, hmacKey)
  world.backendPort = backend.address().port
  world.close = async () => {
    backend.close()
    backend.closeAllConnections()
    world.redis.disconnect()
    await Promise.all([world.pg.end(), world.mysql.promise().end(), connection.close()])
    await Promise.all([postgresql, mariadb, rabbitmq, redis].map(server => server.stop()))
  }
  return world
}

/** Starts a server, and resolves to its port. */
export async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}
