import { get, setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import knex, { type Knex } from 'knex'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedDatabase, sharePostgresql } from '../../../test/servers/share.js'
import { databaseCalls, waits } from './database-calls.js'
import { collect, inTrace } from './traced-calls.js'

const TRACES = 200

interface Shop {
  products: { id: number; name: string }
}

let server: SharedDatabase
let records: TraceRecord[]
let undo: () => void

beforeAll(async () => {
  server = await sharePostgresql()
  const client = new pg.Client(server.url)
  await client.connect()
  await client.query('CREATE TABLE products (id int PRIMARY KEY, name text)')
  await client.end()
})
afterAll(() => server.stop())
beforeEach(() => {
  records = collect()
  undo = instrument(undefined, { traceSql: 'statements' })
})
afterEach(() => {
  undo()
  setNotifier(undefined)
})

/** A query that a request makes twice. The number identifies the request. */
type Ask = (number: number) => Promise<unknown>

async function expectNoMixture(ask: Ask): Promise<void> {
  const traces = await Promise.all(
    Array.from({ length: TRACES }, (_, number) =>
      inTrace(async () => {
        await ask(number)
        await ask(number)
        return get()?.baseId
      }),
    ),
  )

  for (const { baseId, result } of traces) {
    expect(result).toBe(baseId)
    expect(databaseCalls(records.filter(record => record.base_id === baseId))).toHaveLength(2)
  }
  expect(databaseCalls(records)).toHaveLength(2 * TRACES)
}

describe('knex with a pool that the program has created', () => {
  it('records its queries as points', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    const db = knex({ client: 'pg', connectionPool: pool } as Knex.Config)

    const { result } = await inTrace(async () => db.select(db.raw('1 AS one')))

    expect(result).toEqual([{ one: 1 }])
    expect(databaseCalls(records).map(({ statement }) => statement)).toContain('select ? AS one')
    await pool.end()
  })

  it('still runs queries if the class of its pool is unknown', async () => {
    const db = knex({ client: 'pg', connection: server.url })
    const { pool } = db.client as { pool: object }
    Object.defineProperty(pool, 'numFree', {
      value() {
        throw new Error('not this one')
      },
    })

    const { result } = await inTrace(async () => db.select(db.raw('1 AS one')))

    expect(result).toEqual([{ one: 1 }])
    await db.destroy()
  })
})

describe('knex', () => {
  let db: Knex

  // The pool connects here, so no test has to wait for a connection.
  beforeAll(async () => {
    db = knex({ client: 'pg', connection: server.url, pool: { min: 1, max: 1 } })
    await db('products').select('id')
  })
  afterAll(() => db.destroy())

  it('records a query as one point', async () => {
    await db('products').where({ id: 1 })

    const { result } = await inTrace(async () => await db('products').where({ name: 'SEALED' }).select('id'))

    expect(result).toEqual([])
    expect(databaseCalls(records)).toEqual([{ statement: 'select "id" from "products" where "name" = $1' }])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('records each query of a transaction, its begin and its end as points', async () => {
    await inTrace(() => db.transaction(trx => trx('products').insert({ id: 1, name: 'a' })))
    await inTrace(() => db.transaction(trx => trx('products').insert({ id: 1, name: 'a' })).catch(() => undefined))

    expect(databaseCalls(records).map(({ statement, etype }) => (etype ? [statement, etype] : statement))).toEqual([
      'BEGIN;',
      'insert into "products" ("id", "name") values ($1, $2)',
      'COMMIT;',
      'BEGIN;',
      ['insert into "products" ("id", "name") values ($1, $2)', 'DatabaseError'],
      'ROLLBACK',
    ])
  })

  it('records the wait for its pool', async () => {
    await inTrace(() => Promise.all([db('products').select('id'), db('products').select('name')]))

    expect(waits(records)).toEqual(['pool'])
    expect(databaseCalls(records)).toHaveLength(2)
  })

  it('keeps two hundred requests over one connection in their own traces', async () => {
    await expectNoMixture(number => db.select(db.raw('?::int AS n', [number])))
  })
})

describe('kysely', () => {
  let db: Kysely<Shop>

  beforeAll(async () => {
    db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: server.url, max: 1 }) }) })
    await sql`SELECT 0`.execute(db)
  })
  afterAll(() => db.destroy())

  it('records a query as one point', async () => {
    await inTrace(() => db.selectFrom('products').select('id').where('name', '=', 'SEALED').execute())

    expect(databaseCalls(records)).toEqual([{ statement: 'select "id" from "products" where "name" = $1' }])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('records the wait for the pool', async () => {
    const both = () => Promise.all([sql`SELECT 1`.execute(db), sql`SELECT 2`.execute(db)])

    await inTrace(both)

    expect(waits(records)).toEqual(['pool'])
    expect(databaseCalls(records)).toHaveLength(2)
  })

  it('keeps two hundred requests over one connection in their own traces', async () => {
    await expectNoMixture(number => sql`SELECT ${number}::int AS n`.execute(db))
  })
})
