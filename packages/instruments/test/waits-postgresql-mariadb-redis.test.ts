import { setNotifier, type TraceRecord } from '@osprofiler/core'
import knex from 'knex'
import { MongoClient } from 'mongodb'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { createClientPool } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { waits } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

let postgresql: SharedDatabase
let mariadb: SharedDatabase
let redis: RedisServer
let mongodb: Awaited<ReturnType<typeof startMongodb>>
let records: TraceRecord[]

beforeAll(async () => {
  ;[postgresql, mariadb, redis, mongodb] = await Promise.all([
    sharePostgresql(),
    shareMariadb(),
    startRedis(),
    startMongodb(),
  ])
})
afterAll(() => Promise.all([postgresql.stop(), mariadb.stop(), redis.stop(), mongodb.kill()]))
beforeEach(() => {
  records = collect()
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

/** A pool of up to four connections. */
interface FourConnections {
  ask(): Promise<unknown>
  close(): Promise<unknown>
}

const mysqlUrl = () => mariadb.url.replace(/^\w+:/, 'mysql:')

const POOLS: Readonly<Record<string, () => Promise<FourConnections> | FourConnections>> = {
  pg() {
    const pool = new pg.Pool({ connectionString: postgresql.url, max: 4 })
    return { ask: () => pool.query('SELECT pg_sleep(0.01)'), close: () => pool.end() }
  },
  mysql2() {
    const pool = mysql.createPool({ uri: mysqlUrl(), connectionLimit: 4 })
    return { ask: () => pool.query('SELECT SLEEP(0.01)'), close: () => pool.end() }
  },
  'knex with pg'() {
    const db = knex({ client: 'pg', connection: postgresql.url, pool: { min: 0, max: 4 } })
    return { ask: async () => await db.raw('SELECT pg_sleep(0.01)'), close: () => db.destroy() }
  },
  mongodb() {
    const client = new MongoClient(`mongodb://${mongodb.host}:${mongodb.port}`, { maxPoolSize: 4 })
    return { ask: () => client.db('osprofiler').collection('things').findOne({}), close: () => client.close() }
  },
  async 'node-redis'() {
    const pool = createClientPool({ url: redis.url }, { minimum: 1, maximum: 4 })
    await pool.connect()
    return { ask: () => pool.ping(), close: () => pool.close() }
  },
}

/** Returns the number of times that each value occurs in a list. */
function count(list: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const each of list) counts[String(each)] = (counts[String(each)] ?? 0) + 1
  return counts
}

describe.each(Object.keys(POOLS))('a pool of at most four %s connections, one of which is idle', name => {
  it('serves one of twenty calls immediately, opens connections for three calls, and lets the other calls wait for the pool', async () => {
    instrumented(undefined, { traceSql: 'statements' })
    const pool = await POOLS[name]?.()
    await pool?.ask()

    await inTrace(() => Promise.all(Array.from({ length: 20 }, () => pool?.ask())))
    await pool?.close()

    expect(count(waits(records))).toEqual({ connection: 3, pool: 16 })
  })
})

/** The information about a pool in the start record of a wait. */
interface RecordedPool {
  readonly for: string
  readonly max?: number
  readonly waiting?: number
  readonly pool?: number
}

const POOLS_WITH_SIZE = ['pg', 'mysql2', 'knex with pg', 'mongodb']

describe.each(POOLS_WITH_SIZE)('the waits for a pool of %s', name => {
  it('record the size of the pool, and how many calls were already waiting', async () => {
    instrumented(undefined, { traceSql: 'statements' })
    const pool = await POOLS[name]?.()
    await pool?.ask()

    await inTrace(() => Promise.all(Array.from({ length: 20 }, () => pool?.ask())))
    await pool?.close()

    const starts = records.filter(record => record.name === 'wait-start')
    const pools = starts.map(({ info }) => info.wait as RecordedPool).filter(wait => wait.for === 'pool')
    expect(new Set(pools.map(({ max }) => max))).toEqual(new Set([4]))
    expect(new Set(pools.map(wait => wait.pool)).size).toBe(1)
    expect(pools.at(-1)?.waiting).toBeGreaterThanOrEqual(15)
    expect(pools.map(({ waiting = -1 }) => waiting)).toEqual(
      pools.map(({ waiting = -1 }) => waiting).toSorted((a, b) => a - b),
    )
  })
})

const DRIVERS_WITH_POOL = ['pg', 'mysql2']

describe.each(DRIVERS_WITH_POOL)('the queries over a pool of %s', name => {
  it('record the number that identifies the pool', async () => {
    instrumented(undefined, { traceSql: 'statements' })
    const [pool, other] = [await POOLS[name]?.(), await POOLS[name]?.()]
    await pool?.ask()
    await other?.ask()

    await inTrace(() => Promise.all(Array.from({ length: 8 }, () => pool?.ask())))
    await inTrace(async () => other?.ask())
    await Promise.all([pool?.close(), other?.close()])

    const numbers = records
      .filter(record => record.name === 'db-stop')
      .map(({ info }) => (info.db as RecordedPool).pool)
    const waited = records.find(record => record.name === 'wait-start')?.info.wait as RecordedPool
    expect(numbers.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => waited.pool))
    expect(numbers[8]).toEqual(expect.any(Number))
    expect(numbers[8]).not.toBe(waited.pool)
  })
})

const POOLS_WITH_NUMBER = ['pg', 'mysql2', 'knex with pg']

describe.each(POOLS_WITH_NUMBER)('a pool of %s', name => {
  it('has the same number in a wait and in the queries that used its connections during the wait', async () => {
    instrumented(undefined, { traceSql: 'statements' })
    const pool = await POOLS[name]?.()
    await Promise.all(Array.from({ length: 4 }, () => pool?.ask()))

    await inTrace(() => Promise.all(Array.from({ length: 8 }, () => pool?.ask())))
    await pool?.close()

    const wait = records.find(({ name }) => name === 'wait-start')?.info.wait as RecordedPool
    const queries = records.filter(({ name }) => name === 'db-stop').map(({ info }) => (info.db as RecordedPool).pool)
    expect(queries.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => wait.pool))
  })
})

describe('a pg pool', () => {
  it('records whether a query waited longer for the pool or for its new connection, if each connection is used only once', async () => {
    instrumented(undefined, { traceSql: 'statements' })
    const pool = new pg.Pool({ connectionString: postgresql.url, max: 1, maxUses: 1 })

    await inTrace(() => Promise.all(Array.from({ length: 3 }, () => pool.query('SELECT pg_sleep(0.2)'))))
    await pool.end()

    expect(waits(records)).toEqual(['connection', 'pool', 'pool'])
  })
})

describe('a postgres pool', () => {
  it('records that the first query waits for a connection, and that a later query waits for the pool while the only connection is in use', async () => {
    const queries = Object.getPrototypeOf(postgres('postgres://127.0.0.1:1/none')`SELECT`)
    const { handle } = queries
    instrumented(undefined, { traceSql: 'statements' })
    await until(() => queries.handle !== handle)
    const sql = postgres(postgresql.url, { max: 1, onnotice: () => undefined })

    await inTrace(async () => {
      await sql`SELECT 1`
      let other: Promise<unknown> | undefined
      await sql.begin(async transaction => {
        other = sql`SELECT 2`.execute()
        await transaction`SELECT pg_sleep(0.05)`
      })
      await other
    })
    await sql.end()

    expect(waits(records)).toEqual(['connection', 'pool'])
  })
})
