import { get, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedDatabase, sharePostgresql } from '../../../test/servers/share.js'
import { databaseCalls, waits } from './database-calls.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

const TRACES = 200

let server: SharedDatabase
let records: TraceRecord[]
let sql: postgres.Sql
const undos: (() => void | Promise<void>)[] = []

/**
 * Passes the library to `instrument()`. Otherwise the instrument would find it some ticks later, and a test cannot know
 * when.
 */
function instrumented(traceSql: 'off' | 'statements' | 'values' = 'statements'): () => void {
  const undo = instrument(['postgres'], { traceSql, libraries: { postgres } })
  undos.push(undo)
  return undo
}

function open(options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
  const opened = postgres(server.url, { max: 1, fetch_types: false, ...options })
  undos.push(() => opened.end({ timeout: 0 }))
  return opened
}

beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())
beforeEach(async () => {
  records = collect()
  sql = open()
  await sql`SELECT 1`
})
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo()
  setNotifier(undefined)
})

describe('a traced query of postgres', () => {
  it('becomes a point with its statement, without values', async () => {
    instrumented()

    const { baseId, result } = await inTrace(async () => [...(await sql`SELECT ${'SEALED'}::text AS a, 'SEALED' AS b`)])

    expect(result).toEqual([{ a: 'SEALED', b: 'SEALED' }])
    const start = only(records, 'db-start')
    expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
    expect(start.info.db).toEqual({ system: 'postgresql', statement: 'SELECT $1::text AS a, ? AS b' })
    expect(only(records, 'db-stop').info).toEqual({ db: { rows: 1 }, host: start.info.host })
    expect(JSON.stringify(records)).not.toContain('SEALED')
    expect(records).toHaveLength(2)
  })

  it('records its text and parameters with traceSql "values"', async () => {
    instrumented('values')

    await inTrace(async () => await sql`SELECT ${'a'}::text, ${sql({ b: 1 })} FROM (SELECT 1 AS b) AS t`.catch(() => 0))
    await inTrace(async () => await sql`SELECT ${'a'}::text, 'b'`)

    expect(databaseCalls(records).at(-1)).toEqual({ statement: "SELECT $1::text, 'b'", params: ['a'] })
  })

  it('is not recorded with traceSql "off"', async () => {
    instrumented('off')

    await inTrace(async () => await sql`SELECT 1`)

    expect(records).toEqual([])
  })

  it('is not recorded with traceSql "off", but the root point lists its library', async () => {
    instrumented('off')

    await inTrace(() => withTrace('work', async () => await sql`SELECT 1`))

    expect(only(records, 'work-stop').info.unrecorded).toEqual(['postgres'])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['a template', async () => [...(await sql`SELECT 7 AS n`)]],
    ['a string', async () => [...(await sql.unsafe('SELECT 7 AS n'))]],
    ['execute()', async () => [...(await sql`SELECT 7 AS n`.execute())]],
    [
      'forEach()',
      async () => {
        const rows: unknown[] = []
        await sql`SELECT 7 AS n`.forEach(row => void rows.push(row))
        return rows
      },
    ],
    [
      'a cursor',
      async () => {
        const read: unknown[] = []
        for await (const rows of sql`SELECT 7 AS n`.cursor(1)) read.push(...rows)
        return read
      },
    ],
    [
      'a cursor with a function',
      async () => {
        const read: unknown[] = []
        await sql`SELECT 7 AS n`.cursor(1, rows => void read.push(...rows))
        return read
      },
    ],
  ])('made with %s has the same result as an untraced query, and is one point', async (_form, run) => {
    instrumented()

    const { result } = await inTrace(run)

    expect(result).toEqual([{ n: 7 }])
    expect(databaseCalls(records)).toEqual([{ statement: 'SELECT ? AS n' }])
  })

  it('is nested in the surrounding point, and contains no other point', async () => {
    instrumented()

    await inTrace(() =>
      withTrace('outer', async () => {
        await sql`SELECT 1`.forEach(() => void withTrace('row', () => undefined))
        await withTrace('inner', async () => await sql`SELECT 1`)
      }),
    )

    const outer = only(records, 'outer-start').trace_id
    const inner = only(records, 'inner-start')
    expect([inner.parent_id, only(records, 'row-start').parent_id]).toEqual([outer, outer])
    expect(records.filter(({ name }) => name === 'db-start').map(record => record.parent_id)).toEqual([
      outer,
      inner.trace_id,
    ])
  })

  it('in a transaction is a point, and so are the begin and the end of the transaction', async () => {
    instrumented()

    await inTrace(() =>
      sql.begin(async inner => {
        await Promise.all([inner`SELECT 1`, inner`SELECT 2, 3`])
      }),
    )

    expect(databaseCalls(records).map(({ statement }) => statement)).toEqual([
      'begin',
      'SELECT ?',
      'SELECT ?, ?',
      'commit',
    ])
  })

  it('records a failure as Python does, without values', async () => {
    instrumented()

    const { result } = await inTrace(async () => await sql`SELECT a FROM nowhere`.catch((error: Error) => error))
    await inTrace(async () => await sql`SELECT ${'SEALED'}::int`.catch(() => undefined))

    expect(result).toBeInstanceOf(postgres.PostgresError)
    expect(databaseCalls(records)).toMatchObject([
      { etype: 'PostgresError', message: 'relation "nowhere" does not exist' },
      { etype: 'PostgresError', message: 'invalid input syntax for type integer: "?"' },
    ])
    expect(records[1]?.info.db).toEqual({
      original_exception: 'relation "nowhere" does not exist',
      chained_exception: '',
    })
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('ends with an error when it is canceled', async () => {
    instrumented()

    await inTrace(async () => {
      const query = sql`SELECT pg_sleep(10)`.execute()
      await until(() => records.length === 1)
      // The query is sent before it runs, and only a running query can be canceled on the server.
      const running = "SELECT true FROM pg_stat_activity WHERE query LIKE '%pg_sleep(10)' AND state = 'active'"
      while (!(await server.sql(running)).includes('t')) await new Promise(resolve => setTimeout(resolve, 10))
      query.cancel()
      await query.catch(() => undefined)
    })

    expect(databaseCalls(records)).toMatchObject([{ message: 'canceling statement due to user request' }])
  })

  it('is still a point if it is canceled before it is sent', async () => {
    instrumented()

    await inTrace(async () => {
      const first = sql`SELECT pg_sleep(0.05)`.execute()
      const second = open().unsafe("SELECT 'SEALED'").execute()
      await undefined
      await undefined
      second.cancel()
      await Promise.allSettled([first, second])
    })

    expect(
      databaseCalls(records)
        .map(({ statement }) => statement)
        .sort(),
    ).toEqual(['SELECT ?', 'SELECT pg_sleep(?)'])
  })

  it('ends if the server does not respond before the timeout', async () => {
    instrumented()
    const away = open({ host: '127.0.0.1', port: 1, connect_timeout: 1 })

    const { result } = await inTrace(async () => await away`SELECT 'SEALED'`.catch((error: Error) => error))

    expect(result).toBeInstanceOf(Error)
    expect(databaseCalls(records)).toMatchObject([{ statement: 'SELECT ?' }])
    expect(waits(records)).toEqual(['pool'])
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it('comes after a point `wait` if it has to wait for a connection', async () => {
    instrumented()
    const narrow = open({ max_pipeline: 1 } as object)

    await inTrace(async () => {
      await narrow`SELECT 1`
      await Promise.all([narrow`SELECT pg_sleep(0.02)`, narrow`SELECT 2`, narrow`SELECT 3`])
    })

    expect(waits(records).length).toBeGreaterThan(1)
    expect(databaseCalls(records)).toHaveLength(4)
  })
})

describe('two hundred requests over one connection', () => {
  it('each have their own points', async () => {
    instrumented('values')

    const traces = await Promise.all(
      Array.from({ length: TRACES }, (_, index) =>
        inTrace(async () => {
          await sql.unsafe(`SELECT ${index}`)
          await sql.unsafe(`SELECT ${index}, 'again'`)
          return get()?.baseId
        }),
      ),
    )

    for (const [index, { baseId, result }] of traces.entries()) {
      const own = records.filter(record => record.base_id === baseId)
      expect(result).toBe(baseId)
      expect(databaseCalls(own).map(({ statement }) => statement)).toEqual([
        `SELECT ${index}`,
        `SELECT ${index}, 'again'`,
      ])
    }
    expect(databaseCalls(records)).toHaveLength(2 * TRACES)
  })

  it('do not affect an untraced request among them, or the code that reads its rows', async () => {
    instrumented()
    const fresh = open()
    const contexts: unknown[] = []
    await inTrace(async () => await fresh`SELECT 1`)
    records.length = 0

    await fresh`SELECT 2 AS n`.forEach(() => void contexts.push(get()))

    expect(contexts).toEqual([undefined])
    expect(records).toEqual([])
  })
})

describe('instrument() for postgres', () => {
  it('stops recording once it is undone', async () => {
    const undo = instrumented()
    undo()

    await inTrace(async () => await sql`SELECT 1`)

    expect(records).toEqual([])
  })

  it('records one point per query if it is called twice, even after one of the two calls is undone', async () => {
    const undo = instrumented()
    instrumented()

    await inTrace(async () => await sql`SELECT 1`)
    undo()
    await inTrace(async () => await sql`SELECT 1`)

    expect(databaseCalls(records)).toHaveLength(2)
  })

  it.each(LOAD_ORDERS)('finds postgres in every load order: %s %s instrument()', async (...order) => {
    const recorded = await traceInProgram(
      order,
      'postgres',
      `const sql = library('${server.url}', { fetch_types: false })
       for (let i = 0; i < 500 && !records.some(({ name }) => name === 'db-stop'); i++) {
         await sql.unsafe('SELECT 1')
         await new Promise(resolve => setTimeout(resolve, 10))
       }
       await sql.end()`,
      "undefined, { traceSql: 'statements' }",
    )

    expect(recorded.filter(name => name.startsWith('db'))).toEqual(['db-start SELECT ?', 'db-stop'])
  })
})
