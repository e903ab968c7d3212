import { createRequire } from 'node:module'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import knex from 'knex'
import { MongoClient } from 'mongodb'
import mysql from 'mysql2'
import pg from 'pg'
import QueryStream from 'pg-query-stream'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { instrumented, undoAfterTest, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

// pg-cursor does not include types.
const Cursor: new (text: string) => pg.Submittable & { read(rows: number, callback: () => void): void } = createRequire(
  import.meta.url,
)('pg-cursor')

const ignore = (): void => undefined
const THREE = 'SELECT 1 AS n UNION SELECT 2 UNION SELECT 3'

let postgresql: SharedDatabase
let mariadb: SharedDatabase
let mongodb: Awaited<ReturnType<typeof startMongodb>>
let records: TraceRecord[]
const closings: (() => unknown)[] = []

beforeAll(async () => {
  ;[postgresql, mariadb, mongodb] = await Promise.all([sharePostgresql(), shareMariadb(), startMongodb()])
})
afterAll(() => Promise.all([postgresql.stop(), mariadb.stop(), mongodb.kill()]))
beforeEach(() => {
  records = collect()
})
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
  undoInstruments()
  setNotifier(undefined)
})

/** Returns the recorded number of rows of each query, in the order in which the queries ended. */
function rowsOf(queries: readonly TraceRecord[]): unknown[] {
  return queries
    .filter(({ name }) => name === 'db-stop')
    .map(({ info }) => (info.db as { rows?: unknown } | undefined)?.rows)
}

/** Reads all rows of an emitter. Resolves when the emitter has ended. */
function ended(emitter: NodeJS.EventEmitter): Promise<void> {
  return new Promise(resolve => {
    emitter.on('row', () => undefined).on('data', () => undefined)
    emitter.on('end', resolve)
  })
}

describe('the number of rows that pg returns', () => {
  let pool: pg.Pool

  beforeEach(() => {
    instrumented(['pg'], { traceSql: 'statements' })
    pool = new pg.Pool({ connectionString: postgresql.url, max: 1 })
    closings.push(() => pool.end())
  })

  it.each<[string, (client: pg.PoolClient) => unknown, unknown[]]>([
    ['a promise', client => client.query(THREE), [3]],
    ['a callback', client => new Promise(resolve => client.query(THREE, resolve)), [3]],
    ['a result without rows', client => client.query('SELECT 1 WHERE false'), [0]],
    ['lists instead of objects', client => client.query({ text: THREE, rowMode: 'array' }), [3]],
    ['a stream', client => ended(client.query(new QueryStream(THREE, [], { batchSize: 2 }))), [3]],
    ['events', client => ended(client.query(new pg.Query(THREE as never)) as never), [3]],
    ['a cursor', client => new Promise<void>(resolve => client.query(new Cursor(THREE)).read(100, resolve)), [3]],
    ['several statements, whose rows are not counted', client => client.query('SELECT 1; SELECT 2'), [undefined]],
    ['a statement that is not a query', client => client.query('SET work_mem = 1024'), [undefined]],
    ['a failure', client => client.query('SELECT nothing').catch(() => undefined), [undefined]],
  ])('is recorded, or omitted if it is unknown: %s', async (_, ask, expected) => {
    const client = await pool.connect()

    await inTrace(async () => ask(client))
    await until(() => rowsOf(records).length > 0)
    client.release()

    expect(rowsOf(records)).toEqual(expected)
  })

  it('is recorded for a query of knex', async () => {
    const db = knex({ client: 'pg', connection: postgresql.url, pool: { min: 0, max: 1 } })
    closings.push(() => db.destroy())
    await db.raw('SELECT 1')

    await inTrace(async () => await db.raw(THREE))

    expect(rowsOf(records)).toEqual([3])
  })
})

describe('the number of rows that postgres returns', () => {
  it.each<[string, (sql: postgres.Sql) => unknown, unknown[]]>([
    ['a promise', sql => sql`SELECT generate_series(1, 3)`, [3]],
    ['a result without rows', sql => sql`SELECT 1 WHERE false`, [0]],
    [
      'a cursor, whose rows are not counted',
      sql => sql`SELECT generate_series(1, 3)`.cursor(2, () => undefined),
      [undefined],
    ],
    ['forEach, whose rows are not counted', sql => sql`SELECT generate_series(1, 3)`.forEach(ignore), [undefined]],
    ['several statements, whose rows are not counted', sql => sql`SELECT 1; SELECT 2`.simple(), [undefined]],
    ['a statement that is not a query', sql => sql`SET work_mem = 1024`, [undefined]],
  ])('is recorded, or omitted if it is unknown: %s', async (_, ask, expected) => {
    undoAfterTest(instrument(['postgres'], { traceSql: 'statements', libraries: { postgres } }))
    const sql = postgres(postgresql.url, { max: 1, fetch_types: false })
    closings.push(() => sql.end({ timeout: 0 }))

    await inTrace(async () => await ask(sql))

    expect(rowsOf(records)).toEqual(expected)
  })
})

describe('the number of rows that mysql2 returns', () => {
  it.each<[string, (pool: mysql.Pool) => unknown, unknown[]]>([
    ['a promise', pool => pool.promise().query(THREE), [3]],
    ['a prepared statement', pool => pool.promise().execute(THREE), [3]],
    ['a callback', pool => new Promise(resolve => pool.query(THREE, resolve)), [3]],
    ['a result without rows', pool => pool.promise().query('SELECT 1 FROM DUAL WHERE false'), [0]],
    ['lists instead of objects', pool => pool.promise().query({ sql: THREE, rowsAsArray: true }), [3]],
    ['events', pool => ended(pool.query(THREE)), [3]],
    ['a stream', pool => ended(pool.query(THREE).stream()), [3]],
    ['several statements, whose rows are not counted', pool => pool.promise().query('SELECT 1; SELECT 2'), [undefined]],
    ['a statement that is not a query', pool => pool.promise().query('SET @a = 1'), [undefined]],
    ['events of a statement that is not a query', pool => ended(pool.query('SET @a = 1')), [undefined]],
  ])('is recorded, or omitted if it is unknown: %s', async (_, ask, expected) => {
    instrumented(['mysql2'], { traceSql: 'statements' })
    const pool = mysql.createPool({
      uri: mariadb.url.replace(/^\w+:/, 'mysql:'),
      connectionLimit: 1,
      multipleStatements: true,
    })
    closings.push(() => pool.promise().end())

    await inTrace(async () => ask(pool))
    await until(() => rowsOf(records).length > 0)

    expect(rowsOf(records)).toEqual(expected)
  })
})

describe('the number of documents that mongodb returns', () => {
  it('is recorded for each batch', async () => {
    instrumented(['mongodb'])
    const client = new MongoClient(`mongodb://${mongodb.host}:${mongodb.port}`)
    closings.push(() => client.close())
    const things = client.db('osprofiler').collection('rows')
    await things.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }])

    await inTrace(async () => {
      await things.find({}, { batchSize: 2 }).toArray()
      await things.insertOne({ n: 4 })
    })

    expect(rowsOf(records)).toEqual([2, 1, undefined])
  })
})
