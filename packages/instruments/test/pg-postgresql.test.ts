import { createRequire } from 'node:module'
import { get, setNotifier, suppress, type TraceRecord, withTrace } from '@osprofiler/core'
import { noteOwnClient } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import pg from 'pg'
import QueryStream from 'pg-query-stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedDatabase, sharePostgresql } from '../../../test/servers/share.js'
import { databaseCalls, waits } from './database-calls.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

const TRACES = 200

interface CursorQuery extends pg.Submittable {
  read(rows: number, callback?: () => void): Promise<unknown[]>
  close(): Promise<void>
}
// pg-cursor does not include types.
const Cursor: new (text: string) => CursorQuery = createRequire(import.meta.url)('pg-cursor')

let server: SharedDatabase
let records: TraceRecord[]
let pool: pg.Pool
const undos: (() => void | Promise<void>)[] = []

function instrumented(traceSql: 'off' | 'statements' | 'values' = 'statements'): () => void {
  const undo = instrument(['pg'], { traceSql })
  undos.push(undo)
  return undo
}

function openPool(options: pg.PoolConfig = {}): pg.Pool {
  const opened = new pg.Pool({ connectionString: server.url, max: 1, ...options })
  opened.on('error', () => undefined)
  undos.push(() => opened.end())
  return opened
}

beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())
beforeEach(async () => {
  records = collect()
  pool = openPool()
  await pool.query('SELECT 1')
})
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo()
  setNotifier(undefined)
})

/** Repeats a query until its result is true, because the server may run a query some time after the client sent it. */
async function untilDone(sql: string): Promise<void> {
  while (!(await server.sql(sql)).includes('t')) await new Promise(resolve => setTimeout(resolve, 10))
}

/** Runs a query with a callback. */
function ask(queryable: pg.Pool | pg.ClientBase, text: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    queryable.query(text, (error, result) => (error ? reject(error) : resolve(result.rows)))
  })
}

describe('a traced query of pg', () => {
  it('becomes a point with its statement, without values', async () => {
    instrumented()

    const { baseId, result } = await inTrace(() => pool.query("SELECT $1::text AS a, 'SEALED' AS b", ['SEALED']))

    expect(result.rows).toEqual([{ a: 'SEALED', b: 'SEALED' }])
    const start = only(records, 'db-start')
    expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
    expect(start.info.db).toEqual({ system: 'postgresql', statement: 'SELECT $1::text AS a, ? AS b' })
    expect(only(records, 'db-stop').info).toEqual({ db: { rows: 1 }, host: start.info.host })
    expect(JSON.stringify(records)).not.toContain('SEALED')
    expect(records).toHaveLength(2)
  })

  it('records its text and parameters with traceSql "values"', async () => {
    instrumented('values')

    await inTrace(() => pool.query({ text: "SELECT $1::text, 'b'", values: ['a'] }))

    expect(databaseCalls(records)).toEqual([{ statement: "SELECT $1::text, 'b'", params: ['a'] }])
  })

  it('is not recorded with traceSql "off"', async () => {
    instrumented('off')

    await inTrace(() => pool.query('SELECT 1'))

    expect(records).toEqual([])
  })

  it.each<[string, (client: pg.PoolClient) => Promise<unknown>]>([
    ['a promise', client => client.query('SELECT 7 AS n').then(({ rows }) => rows)],
    ['a callback', client => ask(client, 'SELECT 7 AS n')],
    [
      'a callback in its query object',
      client =>
        new Promise((resolve, reject) => {
          const config = {
            text: 'SELECT 7 AS n',
            callback: (error: Error, { rows }: pg.QueryResult) => (error ? reject(error) : resolve(rows)),
          }
          client.query(config)
        }),
    ],
    [
      'events',
      client =>
        new Promise((resolve, reject) => {
          const rows: unknown[] = []
          const query = client.query(new pg.Query('SELECT 7 AS n'))
          query.on('row', row => rows.push(row)).on('error', reject)
          query.on('end', () => resolve(rows))
        }),
    ],
    [
      'a cursor',
      async client => {
        const cursor = client.query(new Cursor('SELECT 7 AS n'))
        const rows = await cursor.read(10)
        await cursor.close()
        return rows
      },
    ],
    ['a stream', async client => client.query(new QueryStream('SELECT 7 AS n')).toArray()],
  ])('made with %s has the same result as an untraced query, and is one point', async (_form, run) => {
    instrumented()
    const client = await pool.connect()

    const { result } = await inTrace(() => run(client))
    await until(() => records.length === 2)
    client.release()

    expect(result).toEqual([{ n: 7 }])
    expect(databaseCalls(records)).toEqual([{ statement: 'SELECT ? AS n' }])
  })

  it('is recorded by the name of its prepared statement if it has no text', async () => {
    instrumented()

    await inTrace(async () => {
      await pool.query({ name: 'one', text: 'SELECT $1::int', values: [1] })
      await pool.query({ name: 'one', values: [2] } as unknown as pg.QueryConfig)
    })

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual(['SELECT $1::int', 'one'])
  })

  it('is nested in the surrounding point, and contains no other point', async () => {
    instrumented()

    await inTrace(() =>
      withTrace('outer', async () => {
        await ask(pool, 'SELECT 1')
        await withTrace('inner', () => ask(pool, 'SELECT 1'))
      }),
    )

    const outer = only(records, 'outer-start').trace_id
    const inner = only(records, 'inner-start')
    expect(inner.parent_id).toBe(outer)
    expect(records.filter(({ name }) => name === 'db-start').map(record => record.parent_id)).toEqual([
      outer,
      inner.trace_id,
    ])
  })

  it('records a failure as Python does, without values', async () => {
    instrumented()
    const query = (text: string, values?: unknown[]) => pool.query(text, values).catch((error: Error) => error)

    const { result } = await inTrace(() => query('SELECT a FROM nowhere'))
    await inTrace(() => query('SELECT $1::int', ['SEALED']))
    await inTrace(() => query("SELECT 'SEALED'::int"))

    expect(result).toBeInstanceOf(pg.DatabaseError)
    expect(databaseCalls(records)).toMatchObject([
      { etype: 'DatabaseError', message: 'relation "nowhere" does not exist' },
      { message: 'invalid input syntax for type integer: "?"' },
      { message: 'invalid input syntax for type integer: "?"' },
    ])
    expect(records[1]?.info.db).toEqual({
      original_exception: 'relation "nowhere" does not exist',
      chained_exception: '',
    })
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('still causes an unhandled rejection if no code awaits it', async () => {
    instrumented()
    const client = await pool.connect()
    const unhandled: unknown[] = []
    const listener = (error: unknown) => unhandled.push(error)
    const before = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener)

    await inTrace(async () => void client.query('SELECT nothing'))
    await until(() => unhandled.length > 0)

    process.removeAllListeners('unhandledRejection')
    for (const one of before) process.on('unhandledRejection', one)
    client.release()
    expect(unhandled).toEqual([expect.objectContaining({ message: 'column "nothing" does not exist' })])
  })

  it('records an error that pg throws synchronously', async () => {
    instrumented()
    const client = await pool.connect()

    await inTrace(async () => {
      expect(() => client.query(undefined as unknown as string)).toThrow(TypeError)
    })
    client.release()

    expect(databaseCalls(records)).toMatchObject([{ statement: '', etype: 'TypeError' }])
  })

  it.each(['promise', 'callback'])('ends with the timeout error when it takes too long: %s', async form => {
    instrumented()
    const slow = openPool({ query_timeout: 50 })
    const run = async () => {
      if (form === 'promise') await slow.query('SELECT pg_sleep(10)')
      else await ask(slow, 'SELECT pg_sleep(10)')
    }

    await inTrace(() => run().catch(() => undefined))

    expect(databaseCalls(records)).toMatchObject([{ message: 'Query read timeout' }])
  })

  it('ends with an error when the server cancels it', async () => {
    instrumented()

    const { baseId } = await inTrace(async () => {
      // The text differs from that of other tests, because the server keeps running queries after their clients have
      // given up.
      const answer = pool.query("SELECT pg_sleep(20), 'canceled'").catch(() => undefined)
      await until(() => records.some(({ name }) => name === 'db-start'))
      await untilDone(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20), ''canceled''' AND state = 'active'",
      )
      await answer
    })

    const own = records.filter(({ base_id }) => base_id === baseId)
    expect(databaseCalls(own)).toMatchObject([{ message: 'canceling statement due to user request' }])
  })

  it.each(['promise', 'events', 'cursor'])('ends when its connection breaks: %s', async form => {
    instrumented()
    const client = new pg.Client(server.url)
    client.on('error', () => undefined)
    await client.connect()
    const text = `SELECT pg_sleep(10), '${form}'`

    await inTrace(async () => {
      if (form === 'promise') client.query(text).catch(() => undefined)
      else if (form === 'events') client.query(new pg.Query(text)).on('error', () => undefined)
      else client.query(new Cursor(text)).read(1, () => undefined)
      await until(() => records.some(({ name }) => name === 'db-start'))
      await untilDone(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'osprofiler' AND query LIKE '%pg_sleep(10), ''${form}''' AND state = 'active'`,
      )
      await until(() => records.length >= 2)
    })

    expect(databaseCalls(records)[0]?.etype).toBeTypeOf('string')
  })
})

describe('a trace with traceSql "off"', () => {
  it('names pg as unrecorded in its root point, even without a query of pg', async () => {
    instrumented('off')

    await inTrace(() => withTrace('with', () => withTrace('inner', () => pool.query('SELECT 1'))))
    await inTrace(() => withTrace('without', async () => undefined))

    for (const name of ['with-stop', 'without-stop']) expect(only(records, name).info.unrecorded).toEqual(['pg'])
    expect(only(records, 'inner-stop').info).not.toHaveProperty('unrecorded')
  })

  it('names pg only after the program has used pg, if a store of this project also uses pg', async () => {
    instrumented('off')
    noteOwnClient('pg')

    await inTrace(() => withTrace('without', async () => undefined))
    await inTrace(() => withTrace('with', () => pool.query('SELECT 1')))

    expect(only(records, 'without-stop').info).not.toHaveProperty('unrecorded')
    expect(only(records, 'with-stop').info.unrecorded).toEqual(['pg'])
  })
})

describe('waiting for a pool client', () => {
  it('is a separate point', async () => {
    instrumented()
    const client = await pool.connect()

    await inTrace(async () => {
      const answer = pool.query('SELECT 1')
      await new Promise(resolve => setTimeout(resolve, 20))
      client.release()
      await answer
    })

    expect(waits(records)).toEqual(['pool'])
    expect(records.map(({ name }) => name)).toEqual(['wait-start', 'wait-stop', 'db-start', 'db-stop'])
  })

  it('is not recorded if a client is free', async () => {
    instrumented()

    await inTrace(async () => (await pool.connect()).release())

    expect(records).toEqual([])
  })

  it('is recorded as a wait for a new connection, and fails if the connection fails', async () => {
    instrumented()
    const fresh = openPool()
    const refused = openPool({ connectionString: undefined, host: '127.0.0.1', port: 1, password: 'SEALED' })

    await inTrace(() => fresh.query('SELECT 1'))
    await inTrace(() => refused.query('SELECT 1').catch(() => undefined))

    expect(waits(records)).toEqual(['connection', 'connection'])
    expect(records.at(-1)?.info.message).toContain('ECONNREFUSED')
    expect(databaseCalls(records)).toHaveLength(1)
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('ends with the timeout error if no client becomes free', async () => {
    instrumented()
    const full = openPool()
    const client = await full.connect()
    full.options.connectionTimeoutMillis = 40

    await inTrace(() => full.connect().catch(() => undefined))
    client.release()

    expect(only(records, 'wait-stop').info.message).toContain('timeout')
  })
})

describe('two hundred requests over a pool of one client', () => {
  it.each(['promises', 'callbacks'])('each have their own points: %s', async form => {
    instrumented('values')
    const run = (text: string) => (form === 'promises' ? pool.query(text) : ask(pool, text))

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(async () => {
          const before = get()?.baseId
          await run(`SELECT ${index}`)
          await run(`SELECT ${index}, 'again'`)
          return [before, get()?.baseId]
        }),
      ),
    )

    for (const [index, { baseId, result }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      expect(result).toEqual([baseId, baseId])
      expect(databaseCalls(own).map(({ statement }) => statement)).toEqual([
        `SELECT ${index}`,
        `SELECT ${index}, 'again'`,
      ])
    }
    expect(databaseCalls(records)).toHaveLength(2 * TRACES)
  })

  it('leave untraced requests among them, and their callbacks, untraced', async () => {
    instrumented()
    const contexts: unknown[] = []
    const untraced = () =>
      new Promise<void>((resolve, reject) => {
        pool.query('SELECT 0', error => {
          contexts.push(get())
          if (error) reject(error)
          else ask(pool, 'SELECT 0').then(() => resolve(), reject)
        })
      })

    const both = Array.from({ length: 50 }, () => [inTrace(() => ask(pool, 'SELECT 1')), untraced()]).flat()
    await Promise.all(both)

    expect(contexts).toEqual(Array.from({ length: 50 }, () => undefined))
    expect(databaseCalls(records)).toHaveLength(50)
  })

  it('stay out of the trace in which the connection was opened', async () => {
    instrumented()
    const fresh = openPool()
    await inTrace(() => fresh.query('SELECT 1'))
    records.length = 0

    const context = await new Promise(resolve => fresh.query('SELECT 2', () => resolve(get())))

    expect(context).toBeUndefined()
    expect(records).toEqual([])
  })
})

describe('an untraced query of pg', () => {
  it('is not recorded, and its query object stays unchanged', async () => {
    instrumented()
    const callback = () => undefined
    const config = { text: 'SELECT 1', callback }
    const client = await pool.connect()

    client.query(config)
    await client.query('SELECT 1')
    await inTrace(() => suppress(() => client.query('SELECT 1')))
    client.release()

    expect(config).toMatchObject({ text: 'SELECT 1', callback })
    expect(records).toEqual([])
  })
})

describe('instrument() for pg', () => {
  it('stops recording once it is undone', async () => {
    const { query, connect } = pg.Client.prototype
    const undo = instrumented()
    undo()

    await inTrace(() => pool.query('SELECT 1'))

    expect([pg.Client.prototype.query, pg.Client.prototype.connect]).toEqual([query, connect])
    expect(records).toEqual([])
  })

  it('records one point per query if it is called twice, even after one of the two calls is undone', async () => {
    const undo = instrumented()
    instrumented()

    await inTrace(() => pool.query('SELECT 1'))
    undo()
    await inTrace(() => pool.query('SELECT 1'))

    expect(databaseCalls(records)).toHaveLength(2)
  })

  it.each(LOAD_ORDERS)('finds pg in every load order: %s %s instrument()', async (...order) => {
    const recorded = await traceInProgram(
      order,
      'pg',
      `const client = new library.Client('${server.url}'); await client.connect(); await client.query('SELECT 1'); await client.end()`,
      "undefined, { traceSql: 'statements' }",
    )

    expect(recorded).toEqual(['db-start SELECT ?', 'db-stop'])
  })
})
