import { setNotifier, type TraceRecord, trace, withTrace } from '@osprofiler/core'
import amqplib from 'amqplib'
import { Redis } from 'ioredis'
import mysql from 'mysql2'
import pg from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startProxy, type Proxy as Way } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import {
  type SharedDatabase,
  type SharedServer,
  shareMariadb,
  sharePostgresql,
  shareRabbitmq,
} from '../../../test/servers/share.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

const SLOW_MS = 80

/** A client with a call that takes `SLOW_MS` milliseconds, and a call that fails. */
interface Client {
  slow(): Promise<unknown>
  failing(): Promise<unknown>
  close(): unknown
}

let postgresql: SharedDatabase
let mariadb: SharedDatabase
let redis: RedisServer
let rabbitmq: SharedServer
let way: Way
let records: TraceRecord[]
let client: Client

beforeAll(async () => {
  ;[postgresql, mariadb, redis, rabbitmq] = await Promise.all([
    sharePostgresql(),
    shareMariadb(),
    startRedis(),
    shareRabbitmq(),
  ])
  way = await startProxy(rabbitmq)
})
afterAll(async () => {
  await way.stop()
  await Promise.all([postgresql, mariadb, redis, rabbitmq].map(server => server.stop()))
})

const CLIENTS: Record<string, () => Promise<Client>> = {
  async pg() {
    const pool = new pg.Pool({ connectionString: postgresql.url, max: 1 })
    await pool.query('SELECT 1')
    return {
      slow: () => pool.query('SELECT pg_sleep(0.08)'),
      failing: () => pool.query('SELECT pg_sleep(0.08), 1 / (random()::int * 0)'),
      close: () => pool.end(),
    }
  },
  async 'pg with a callback'() {
    const pool = new pg.Pool({ connectionString: postgresql.url, max: 1 })
    await pool.query('SELECT 1')
    const ask = (text: string) =>
      new Promise((resolve, reject) => pool.query(text, (error, rows) => (error ? reject(error) : resolve(rows))))
    return {
      slow: () => ask('SELECT pg_sleep(0.08)'),
      failing: () => ask('SELECT pg_sleep(0.08), 1 / (random()::int * 0)'),
      close: () => pool.end(),
    }
  },
  async postgres() {
    const sql = postgres(postgresql.url, { max: 1 })
    await sql`SELECT 1`
    return {
      slow: async () => sql`SELECT pg_sleep(0.08)`,
      failing: async () => sql`SELECT pg_sleep(0.08), 1 / (random()::int * 0)`,
      close: () => sql.end(),
    }
  },
  async mysql2() {
    const pool = mysql.createPool({ uri: mariadb.url, connectionLimit: 1 }).promise()
    await pool.query('SELECT 1')
    return {
      slow: () => pool.query('SELECT SLEEP(0.08)'),
      failing: () => pool.query('SELECT nothing FROM nowhere'),
      close: () => pool.end(),
    }
  },
  async ioredis() {
    const connection = new Redis({ port: redis.port, host: redis.host })
    await connection.ping()
    return {
      slow: () => connection.blpop('never', 0.08),
      failing: () => connection.call('NOSUCH'),
      close: () => connection.disconnect(),
    }
  },
  async 'node-redis'() {
    const connection = createClient({ socket: { port: redis.port, host: redis.host } })
    await connection.connect()
    return {
      slow: () => connection.sendCommand(['BLPOP', 'never', '0.08']),
      failing: () => connection.sendCommand(['NOSUCH']),
      close: () => connection.close(),
    }
  },
  async 'amqplib with confirmations'() {
    const connection = await amqplib.connect(rabbitmq.url.replace(String(rabbitmq.port), String(way.port)))
    connection.on('error', () => undefined)
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => undefined)
    return {
      async slow() {
        way.delay(SLOW_MS / 2)
        await new Promise((resolve, reject) =>
          channel.publish('amq.direct', 'nobody', Buffer.from('x'), {}, error => (error ? reject(error) : resolve(0))),
        )
        way.delay(0)
      },
      async failing() {
        way.delay(10_000)
        const confirmed = new Promise((resolve, reject) =>
          channel.publish('amq.direct', 'nobody', Buffer.from('x'), {}, error => (error ? reject(error) : resolve(0))),
        )
        way.cut()
        way.delay(0)
        return confirmed
      },
      close: () => connection.close().catch(() => undefined),
    }
  },
}

/**
 * The ways in which a program may wait for a call. In each case, the trace or the traced step ends before the call is
 * complete.
 */
const WAITS: Record<string, (call: () => Promise<unknown>) => Promise<unknown>> = {
  'awaited after its trace has ended': async call => (await inTrace(async () => ({ answer: call() }))).result.answer,
  'awaited after its traced step has ended': async call =>
    (
      await inTrace(async () => {
        const { answer } = await withTrace('prepare', async () => ({ answer: call() }))
        return answer
      })
    ).result,
  'reported to a callback': async call =>
    (
      await inTrace(
        () =>
          new Promise((resolve, reject) => {
            trace('load')(function load(done: (error: unknown, answer?: unknown) => void) {
              call().then(answer => done(undefined, answer), done)
            })((error, answer) => (error ? reject(error) : resolve(answer)))
          }),
      )
    ).result,
}

/** Returns the start and stop records of the call's point, for any of the instruments. */
function ends(): readonly [TraceRecord | undefined, TraceRecord | undefined] {
  const start = records.find(({ name }) => name === 'db-start' || name === 'rpc-start')
  const stop = records.find(({ name, trace_id }) => name.endsWith('-stop') && trace_id === start?.trace_id)
  return [start, stop]
}

describe.each(Object.keys(CLIENTS))('a call to %s', name => {
  beforeEach(async () => {
    records = collect()
    instrumented(undefined, { traceSql: 'statements' })
    client = await (CLIENTS[name] ?? (() => Promise.reject(new Error(name))))()
    records.length = 0
  })
  afterEach(async () => {
    await client.close()
    undoInstruments()
    setNotifier(undefined)
  })

  describe.each(Object.keys(WAITS))('a call that is %s', way => {
    const wait = WAITS[way] ?? (call => call())

    it('has a point that lasts until its response', async () => {
      const begun = performance.now()

      await wait(client.slow)

      const took = performance.now() - begun
      await until(() => ends()[1] !== undefined)
      const [start, stop] = ends().map(record => Date.parse(`${record?.timestamp}Z`)) as [number, number]
      expect(stop - start).toBeGreaterThan(0.5 * SLOW_MS)
      expect(stop - start).toBeLessThanOrEqual(took + 5)
      expect(ends()[1]?.info).not.toHaveProperty('etype')
    })

    it('has a point that records its error', async () => {
      await wait(() => client.failing().catch(() => undefined))

      await until(() => ends()[1] !== undefined)
      expect(ends()[1]?.info.etype).toEqual(expect.any(String))
      expect(ends()[1]?.info.etype).not.toBe('PromiseRejected')
    })
  })
})
