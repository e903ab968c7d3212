import { get, setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import type mysql from 'mysql2'
import type { Connection, Pool, PoolOptions } from 'mysql2'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb } from '../../../test/servers/share.js'
import { databaseCalls, waits } from './database-calls.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only, until } from './traced-calls.js'

const TRACES = 200

let server: SharedDatabase
let records: TraceRecord[]
const undos: (() => void | Promise<void>)[] = []

function instrumented(traceSql: 'off' | 'statements' | 'values' = 'statements'): () => void {
  const undo = instrument(['mysql2'], { traceSql })
  undos.push(undo)
  return undo
}

beforeAll(async () => {
  server = await shareMariadb()
})
afterAll(() => server.stop())
beforeEach(() => {
  records = collect()
})
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo()
  setNotifier(undefined)
})

describe.each(['mysql2', 'mysql2-2'])('%s', name => {
  let library: typeof mysql
  let pool: Pool

  function openPool(options: PoolOptions = {}): Pool {
    const opened = library.createPool({ uri: server.url.replace(/^\w+:/, 'mysql:'), connectionLimit: 1, ...options })
    undos.push(() => new Promise(resolve => opened.end(() => resolve())))
    return opened
  }

  /** Runs a query with a callback. */
  function ask(
    queryable: Pool | Connection,
    sql: string,
    values: unknown[] = [],
    how: 'query' | 'execute' = 'query',
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, rows: unknown) => (error ? reject(error) : resolve(rows))
      if (how === 'query') queryable.query(sql, values, done)
      else queryable.execute(sql, values as never, done)
    })
  }

  function acquire(): Promise<mysql.PoolConnection> {
    return new Promise((resolve, reject) =>
      pool.getConnection((error, found) => (error ? reject(error) : resolve(found))),
    )
  }

  beforeAll(async () => {
    library = (await import(name)).default
  })
  beforeEach(async () => {
    pool = openPool()
    await ask(pool, 'SELECT 1')
  })

  describe('a traced query', () => {
    it('becomes a point with its statement, without values', async () => {
      instrumented()

      const { baseId, result } = await inTrace(() => ask(pool, "SELECT ? AS a, 'SEALED' AS b", ['SEALED']))

      expect(result).toEqual([{ a: 'SEALED', b: 'SEALED' }])
      const start = only(records, 'db-start')
      expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
      expect(start.info.db).toEqual({ system: 'mysql', statement: 'SELECT ? AS a, ? AS b' })
      expect(only(records, 'db-stop').info).toEqual({
        db: { rows: 1, pool: expect.any(Number) },
        host: start.info.host,
      })
      expect(JSON.stringify(records)).not.toContain('SEALED')
      expect(records).toHaveLength(2)
    })

    it('records its text and parameters with traceSql "values"', async () => {
      instrumented('values')

      await inTrace(() => ask(pool, "SELECT ?, 'b'", ['a']))
      await inTrace(() => new Promise(resolve => pool.query('SELECT 1', resolve)))

      expect(databaseCalls(records)).toEqual([{ statement: "SELECT ?, 'b'", params: ['a'] }, { statement: 'SELECT 1' }])
    })

    it('is not recorded with traceSql "off"', async () => {
      instrumented('off')

      await inTrace(() => ask(pool, 'SELECT 1'))

      expect(records).toEqual([])
    })

    it('is not recorded with traceSql "off", but the root point lists its library', async () => {
      instrumented('off')

      await inTrace(() => withTrace('work', () => ask(pool, 'SELECT 1')))

      expect(only(records, 'work-stop').info.unrecorded).toEqual(['mysql2'])
    })

    it.each<[string, (connection: mysql.PoolConnection) => Promise<unknown>]>([
      ['query() and a callback', connection => ask(connection, 'SELECT 7 AS n')],
      ['execute() and a callback', connection => ask(connection, 'SELECT 7 AS n', [], 'execute')],
      [
        'query() on a pool',
        () =>
          Promise.resolve()
            .then(() => pool.promise().query('SELECT 7 AS n'))
            .then(([rows]) => rows),
      ],
      ['a promise', async connection => (await connection.promise().query({ sql: 'SELECT 7 AS n' }))[0]],
      ['execute() and a promise', async connection => (await connection.promise().execute('SELECT 7 AS n'))[0]],
      [
        'events',
        connection =>
          new Promise((resolve, reject) => {
            const rows: unknown[] = []
            const query = connection.query('SELECT 7 AS n')
            query.on('result', row => rows.push(row)).on('error', reject)
            query.on('end', () => resolve(rows))
          }),
      ],
      [
        'a stream',
        connection =>
          new Promise((resolve, reject) => {
            const rows: unknown[] = []
            const stream = connection.query('SELECT 7 AS n').stream()
            stream.on('data', row => rows.push(row)).on('error', reject)
            stream.on('end', () => resolve(rows))
          }),
      ],
    ])('made with %s has the same result as an untraced query, and is one point', async (form, run) => {
      instrumented()
      const connection = await acquire()
      if (form.includes('pool')) connection.release()

      const { result } = await inTrace(() => run(connection))
      await until(() => records.length === 2)
      if (!form.includes('pool')) connection.release()

      expect(result).toEqual([{ n: 7 }])
      expect(databaseCalls(records)).toEqual([{ statement: 'SELECT ? AS n' }])
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
      expect(records.filter(record => record.name === 'db-start').map(record => record.parent_id)).toEqual([
        outer,
        inner.trace_id,
      ])
    })

    it('records a failure as Python does, without values', async () => {
      instrumented()
      const run = (sql: string, values?: unknown[]) => ask(pool, sql, values).catch((error: Error) => error)

      const { result } = await inTrace(() => run('SELECT a FROM nowhere'))
      await inTrace(() => run("SELECT 'SEALED' 'x' FROM FROM 'SEALED'"))
      await inTrace(() => run('SELECT JSON_EXTRACT(?) FROM SEALEDD', ['SEALED']))

      expect(result).toBeInstanceOf(Error)
      const [first] = databaseCalls(records)
      expect(first?.message).toContain('nowhere')
      expect(records[1]?.info.db).toMatchObject({ original_exception: first?.message, chained_exception: '' })
      expect(databaseCalls(records)).toHaveLength(3)
      expect(JSON.stringify(records).replaceAll('SEALEDD', '')).not.toContain('SEALED')
    })

    it('ends with the timeout error when it takes too long', async () => {
      instrumented()
      const connection = await acquire()

      await inTrace(() =>
        connection
          .promise()
          .query({ sql: 'SELECT SLEEP(10)', timeout: 50 })
          .catch(() => undefined),
      )
      connection.destroy()

      expect(databaseCalls(records)).toMatchObject([{ message: expect.stringMatching(/timeout/i) }])
    })

    it('ends with an error when the server cancels it', async () => {
      instrumented()

      await inTrace(async () => {
        const answer = ask(pool, 'SELECT SLEEP(10) FROM nowhere').catch(() => undefined)
        await answer
        const connection = await acquire()
        const slow = ask(connection, 'SELECT SLEEP(10)').catch((error: Error) => error)
        await until(() => records.some(({ info }) => JSON.stringify(info).includes('SLEEP(?)"')))
        await new Promise(resolve => setTimeout(resolve, 50))
        await server.sql(`KILL ${connection.threadId}`)
        await slow
        connection.destroy()
      })

      expect(databaseCalls(records).at(-1)?.etype).toBeTypeOf('string')
    })
  })

  describe('a prepared statement', () => {
    /** Prepares a statement with a callback. */
    function prepare(connection: Connection, sql: string): Promise<mysql.PrepareStatementInfo> {
      return new Promise((resolve, reject) =>
        connection.prepare(sql, (error, statement) => (error ? reject(error) : resolve(statement))),
      )
    }

    it('is one point when it is prepared, and another point each time it is executed', async () => {
      instrumented()
      const connection = await acquire()

      const { baseId, result } = await inTrace(async () => {
        const statement = await prepare(connection, "SELECT ? AS a, 'SEALED' AS b")
        await new Promise(resolve => statement.execute(['x'], resolve))
        return new Promise((resolve, reject) =>
          statement.execute(['SEALED'], (error, rows) => (error ? reject(error) : resolve(rows))),
        )
      })
      connection.release()

      expect(result).toEqual([{ a: 'SEALED', b: 'SEALED' }])
      expect(databaseCalls(records)).toEqual([
        { statement: 'PREPARE SELECT ? AS a, ? AS b' },
        { statement: 'SELECT ? AS a, ? AS b' },
        { statement: 'SELECT ? AS a, ? AS b' },
      ])
      expect(new Set(records.map(({ base_id, parent_id }) => `${base_id} ${parent_id}`))).toEqual(
        new Set([`${baseId} ${baseId}`]),
      )
    })

    it('records its parameters with traceSql "values"', async () => {
      instrumented('values')
      const connection = await acquire()

      await inTrace(async () => {
        const statement = await connection.promise().prepare("SELECT ?, 'b'")
        await statement.execute(['a'])
        await statement.close()
      })
      connection.release()

      expect(databaseCalls(records)).toEqual([
        { statement: "PREPARE SELECT ?, 'b'" },
        { statement: "SELECT ?, 'b'", params: ['a'] },
      ])
    })

    it('is a point when it is executed in a trace after it was prepared untraced', async () => {
      instrumented()
      const connection = await acquire()
      const statement = await prepare(connection, 'SELECT ? AS a')

      await inTrace(() => new Promise(resolve => statement.execute([1]).on('end', () => resolve(undefined))))
      connection.release()

      expect(databaseCalls(records)).toEqual([{ statement: 'SELECT ? AS a' }])
    })

    it("runs callbacks in the caller's trace, not in the trace in which the connection was opened", async () => {
      instrumented()
      const connection = await acquire()
      const statement = await prepare(connection, 'SELECT ? AS a')
      const seen: unknown[] = []
      const see = () => void seen.push(get()?.baseId)

      const traces = await Promise.all(
        [1, 2].map(n =>
          inTrace(async () => {
            await prepare(connection, 'SELECT 1').finally(see)
            await new Promise<void>(resolve => {
              statement.execute([n], () => resolve(see()))
            })
          }),
        ),
      )
      connection.release()

      const asked = traces.map(({ baseId }) => baseId)
      expect(seen.toSorted()).toEqual([...asked, ...asked].toSorted())
    })

    it('records a failure to prepare or to execute it, without values', async () => {
      instrumented()
      const connection = (await acquire()).promise()

      await inTrace(async () => {
        await connection.prepare("SELECT 'SEALED' FROM no_such").catch(() => undefined)
        const statement = await connection.prepare("SELECT CONCAT('SEALED', ?, (SELECT 1 UNION SELECT 2))")
        await statement.execute(['SEALED']).catch(() => undefined)
      })
      connection.release()

      expect(databaseCalls(records)).toEqual([
        { statement: 'PREPARE SELECT ? FROM no_such', etype: 'Error', message: expect.stringContaining('no_such') },
        { statement: expect.stringMatching(/^PREPARE SELECT CONCAT/) },
        {
          statement: expect.stringMatching(/^SELECT CONCAT/),
          etype: 'Error',
          message: expect.stringContaining('1 row'),
        },
      ])
      expect(JSON.stringify(records)).not.toContain('SEALED')
    })

    it('is not recorded after the instrument is removed', async () => {
      const undo = instrumented()
      const connection = await acquire()
      const statement = await prepare(connection, 'SELECT ? AS a')
      const { execute } = statement
      undo()

      await inTrace(() => new Promise(resolve => statement.execute([1], resolve)))
      connection.release()

      expect(statement.execute).not.toBe(execute)
      expect(records).toEqual([])
    })
  })

  describe('events and streams of a traced query', () => {
    it('run in the trace of the query', async () => {
      instrumented()
      const connection = await acquire()
      const seen = new Map<string, unknown>()
      const see = (event: string) => () => void seen.set(event, get()?.baseId)

      const { baseId } = await inTrace(async () => {
        await new Promise(resolve => {
          connection.query('SELECT 7').on('result', see('result')).on('end', see('end')).on('end', resolve)
        })
        await new Promise(resolve => {
          connection.query('SELECT 7').stream().on('data', see('data')).on('end', resolve)
        })
      })
      connection.release()

      expect(Object.fromEntries(seen)).toEqual({ result: baseId, end: baseId, data: baseId })
    })
  })

  describe('waiting for a pool connection', () => {
    it('is a separate point', async () => {
      instrumented()
      const connection = await acquire()

      await inTrace(async () => {
        const answer = ask(pool, 'SELECT 1')
        await new Promise(resolve => setTimeout(resolve, 20))
        connection.release()
        await answer
      })

      expect(waits(records)).toEqual(['pool'])
      expect(records.map(record => record.name)).toEqual(['wait-start', 'wait-stop', 'db-start', 'db-stop'])
    })

    it('is not recorded if a connection is free', async () => {
      instrumented()

      await inTrace(async () => (await acquire()).release())

      expect(records).toEqual([])
    })

    it('is recorded as a wait for a new connection, and fails if the connection fails', async () => {
      instrumented()
      const fresh = openPool()
      const refused = library.createPool({ host: '127.0.0.1', port: 1, password: 'SEALED' })

      await inTrace(() => ask(fresh, 'SELECT 1'))
      await inTrace(() => ask(refused, 'SELECT 1').catch(() => undefined))

      expect(waits(records)).toEqual(['connection', 'connection'])
      expect(records.at(-1)?.info.message).toContain('ECONNREFUSED')
      expect(databaseCalls(records)).toHaveLength(1)
      expect(JSON.stringify(records)).not.toContain('SEALED')
    })
  })

  describe('two hundred requests over a pool of one connection', () => {
    it.each(['promises', 'callbacks'])('each have their own points: %s', async form => {
      instrumented('values')
      const run = (sql: string) => (form === 'promises' ? pool.promise().query(sql) : ask(pool, sql))

      const traces = await Promise.all(
        Array.from({ length: TRACES }, (_, index) =>
          inTrace(async () => {
            await run(`SELECT ${index}`)
            await run(`SELECT ${index}, 'again'`)
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

    it('leave untraced requests among them, and their callbacks, untraced', async () => {
      instrumented()
      const fresh = openPool()
      const contexts: unknown[] = []
      const untraced = () =>
        new Promise<void>((resolve, reject) => {
          fresh.query('SELECT 0', error => {
            contexts.push(get())
            if (error) reject(error)
            else ask(fresh, 'SELECT 0').then(() => resolve(), reject)
          })
        })

      await Promise.all(Array.from({ length: 50 }, () => [inTrace(() => ask(fresh, 'SELECT 1')), untraced()]).flat())

      expect(contexts).toEqual(Array.from({ length: 50 }, () => undefined))
      expect(databaseCalls(records)).toHaveLength(50)
    })
  })

  describe('instrument()', () => {
    it('stops recording once it is undone', async () => {
      const undo = instrumented()
      undo()

      await inTrace(() => ask(pool, 'SELECT 1'))

      expect(records).toEqual([])
    })

    it('records one point per query if it is called twice, even after one of the two calls is undone', async () => {
      const undo = instrumented()
      instrumented()

      await inTrace(() => ask(pool, 'SELECT 1'))
      undo()
      await inTrace(() => ask(pool, 'SELECT 1'))

      expect(databaseCalls(records)).toHaveLength(2)
    })

    it.each(LOAD_ORDERS)('finds the library in every load order: %s %s instrument()', async (...order) => {
      const url = server.url.replace(/^\w+:/, 'mysql:')
      const recorded = await traceInProgram(
        order,
        `${name}/promise${order[0] === 'import' ? '.js' : ''}`,
        `const connection = await library.createConnection('${url}'); await connection.query('SELECT 1'); await connection.end()`,
        "undefined, { traceSql: 'statements' }",
      )

      expect(recorded).toEqual(['db-start SELECT ?', 'db-stop'])
    })
  })
})

describe('two versions of mysql2 in one process', () => {
  it('record each execution of a prepared statement as a point', async () => {
    instrumented()
    const connections = await Promise.all(
      ['mysql2', 'mysql2-2'].map(async name => {
        const library: typeof mysql = (await import(name)).default
        const connection = library.createConnection({ uri: server.url.replace(/^\w+:/, 'mysql:') })
        undos.push(() => connection.destroy())
        return connection
      }),
    )

    await inTrace(async () => {
      for (const connection of connections) {
        await new Promise((resolve, reject) =>
          connection.prepare('SELECT ?', (failed, statement) =>
            failed ? reject(failed) : statement.execute(['x'], error => (error ? reject(error) : resolve(undefined))),
          ),
        )
      }
    })

    const each = [{ statement: 'PREPARE SELECT ?' }, { statement: 'SELECT ?' }]
    expect(databaseCalls(records)).toEqual([...each, ...each])
  })
})
