import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { type InstrumentName, instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseCalls } from './database-calls.js'
import { LOAD_ORDERS, traceInProgram } from './load-order.js'
import { collect, inTrace, only } from './traced-calls.js'

/** The API that `node:sqlite` and better-sqlite3 have in common. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

export interface SqliteStatement {
  run(...params: unknown[]): unknown
  get(...params: unknown[]): unknown
  all(...params: unknown[]): unknown[]
  iterate(...params: unknown[]): Iterable<unknown>
}

/**
 * Declares the tests that every SQLite library must pass. `program` is the source code of a separate program, which
 * opens a database `db` with the exports in `library`. `seesPrepared` is true if the instrument also records statements
 * that were prepared before the instrument was on.
 */
export function describeSqlite(
  name: InstrumentName,
  open: (file: string) => SqliteDatabase,
  program: string,
  seesPrepared = true,
): void {
  let records: TraceRecord[]
  let db: SqliteDatabase
  const undos: (() => void)[] = []

  function instrumented(traceSql: 'off' | 'statements' | 'values' = 'statements'): () => void {
    const undo = instrument([name], { traceSql })
    undos.push(undo)
    return undo
  }

  function inTraceSync<T>(fn: () => T): Promise<{ baseId: string; result: T }> {
    return inTrace(async () => fn())
  }

  beforeEach(() => {
    records = collect()
    db = open(':memory:')
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT)')
  })
  afterEach(() => {
    for (const undo of undos.splice(0)) undo()
    db.close()
    setNotifier(undefined)
  })

  describe('a traced statement', () => {
    it('becomes a point without values', async () => {
      instrumented()
      const statement = db.prepare("SELECT ? AS a, 'SEALED' AS b")

      const { baseId, result } = await inTraceSync(() => ({ ...(statement.get('SEALED') as object) }))

      expect(result).toEqual({ a: 'SEALED', b: 'SEALED' })
      const start = only(records, 'db-start')
      expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
      expect(start.info.db).toEqual({ system: 'sqlite', statement: 'SELECT ? AS a, ? AS b' })
      expect(only(records, 'db-stop').info).toEqual({ host: start.info.host })
      expect(records).toHaveLength(2)
    })

    it('records its text and parameters with traceSql "values"', async () => {
      instrumented('values')

      await inTraceSync(() => {
        db.prepare("SELECT ?, ?, 'b'").all(1, 'a')
        db.prepare('SELECT :name').get({ name: 'x' })
      })

      expect(databaseCalls(records)).toEqual([
        { statement: "SELECT ?, ?, 'b'", params: [1, 'a'] },
        { statement: 'SELECT :name', params: { name: 'x' } },
      ])
    })

    it('is not recorded with traceSql "off"', async () => {
      instrumented('off')

      await inTraceSync(() => db.prepare('SELECT 1').get())

      expect(records).toEqual([])
    })

    it('is not recorded with traceSql "off", but the root point lists its library', async () => {
      const undo = instrumented('off')

      await inTraceSync(() => withTrace('off', () => withTrace('inner', () => db.prepare('SELECT 1').get())))
      undo()
      await inTraceSync(() => withTrace('undone', () => db.prepare('SELECT 1').get()))

      expect(only(records, 'off-stop').info.unrecorded).toEqual([name])
      for (const other of ['inner-stop', 'undone-stop'])
        expect(only(records, other).info).not.toHaveProperty('unrecorded')
    })

    it.each<[string, (statement: SqliteStatement) => unknown]>([
      ['run', statement => void statement.run()],
      ['get', statement => statement.get()],
      ['all', statement => statement.all()],
      ['iterate', statement => [...statement.iterate()]],
    ])('run by %s is one point, nested in the surrounding point', async (method, run) => {
      const text = method === 'run' ? 'INSERT INTO t (s) VALUES (7)' : 'SELECT 7 AS n'
      const untraced = run(db.prepare(text))
      instrumented()

      const { result } = await inTraceSync(() => withTrace('outer', () => run(db.prepare(text))))

      expect(result).toEqual(untraced)
      expect(only(records, 'db-start').parent_id).toBe(only(records, 'outer-start').trace_id)
      expect(records.map(record => record.name)).toEqual(['outer-start', 'db-start', 'db-stop', 'outer-stop'])
    })

    it('that is read row by row lasts until the last row, or until the program stops reading', async () => {
      db.exec('INSERT INTO t (s) VALUES (1), (2), (3)')
      instrumented()
      const seen: string[] = []

      await inTraceSync(() => {
        for (const _row of db.prepare('SELECT s FROM t').iterate()) seen.push(records.map(one => one.name).join())
        for (const _row of db.prepare('SELECT n FROM t').iterate()) break
      })

      expect(seen).toEqual(['db-start', 'db-start', 'db-start'])
      expect(records.map(record => record.name)).toEqual(['db-start', 'db-stop', 'db-start', 'db-stop'])
    })

    it('records how many rows it returned, if the library returns all rows', async () => {
      for (let n = 1; n <= 3; n++) db.exec(`INSERT INTO t (n) VALUES (${n})`)
      instrumented()

      await inTraceSync(() => {
        db.prepare('SELECT n FROM t').all()
        for (const _row of db.prepare('SELECT n FROM t').iterate());
        for (const _row of db.prepare('SELECT n FROM t').iterate()) break
        db.prepare('SELECT n FROM t').get()
        db.prepare('DELETE FROM t').run()
      })

      const stops = records.filter(record => record.name === 'db-stop')
      expect(stops.map(({ info }) => info.db)).toEqual([{ rows: 3 }, { rows: 3 }, { rows: 1 }, undefined, undefined])
    })

    it(`that was prepared before instrument() is ${seesPrepared ? '' : 'not '}recorded`, async () => {
      const statement = db.prepare('SELECT 1 AS n')
      instrumented()
      db.prepare('SELECT 2')

      await inTraceSync(() => statement.get())

      expect(databaseCalls(records)).toEqual(seesPrepared ? [{ statement: 'SELECT ? AS n' }] : [])
    })

    it('records a failure as Python does, without values', async () => {
      db.exec("INSERT INTO t (n, s) VALUES (1, 'x')")
      instrumented()
      const run = (fn: () => unknown) => {
        try {
          return fn()
        } catch (error) {
          return error
        }
      }

      const { result } = await inTraceSync(() => run(() => db.prepare('INSERT INTO t (n) VALUES (?)').run(1)))
      await inTraceSync(() => run(() => db.exec("SELECT 'x' FROM \"SEALED\" 'SEALED' 'SEALED'")))

      expect(result).toBeInstanceOf(Error)
      const [first, second] = databaseCalls(records)
      expect(first?.message).toContain('UNIQUE constraint failed')
      expect(records[1]?.info.db).toEqual({ original_exception: first?.message, chained_exception: '' })
      expect(second?.etype).toBeTypeOf('string')
      expect(JSON.stringify(records).replaceAll('\\"SEALED\\"', '')).not.toContain('SEALED')
    })

    it('in a script has no point of its own, because the script is one point', async () => {
      instrumented()

      await inTraceSync(() => db.exec("BEGIN; INSERT INTO t (s) VALUES ('SEALED'); COMMIT"))

      expect(databaseCalls(records)).toEqual([{ statement: 'BEGIN; INSERT INTO t (s) VALUES (?); COMMIT' }])
    })
  })

  describe('two hundred requests', () => {
    it('keep their points in their own traces', async () => {
      instrumented('values')

      const traces = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          inTrace(async () => {
            db.prepare(`SELECT ${index}`).get()
            await new Promise(resolve => setImmediate(resolve))
            db.prepare(`SELECT ${index}, 2`).get()
          }),
        ),
      )

      for (const [index, { baseId }] of traces.entries()) {
        const own = records.filter(record => record.base_id === baseId)
        expect(databaseCalls(own).map(({ statement }) => statement)).toEqual([`SELECT ${index}`, `SELECT ${index}, 2`])
      }
    })
  })

  describe('an untraced statement', () => {
    it('is not recorded', () => {
      instrumented()

      db.prepare('SELECT 1').all()
      db.exec('SELECT 1')

      expect(records).toEqual([])
    })
  })

  describe('instrument()', () => {
    it('stops recording once it is undone', async () => {
      const { exec, prepare } = db
      const undo = instrumented()
      db.prepare('SELECT 1')
      undo()

      await inTraceSync(() => db.prepare('SELECT 1').get())

      expect([db.exec, db.prepare]).toEqual([exec, prepare])
      expect(records).toEqual([])
    })

    it('records one point per statement if it is called twice, even after one of the two calls is undone', async () => {
      const undo = instrumented()
      instrumented()

      await inTraceSync(() => db.prepare('SELECT 1').get())
      undo()
      await inTraceSync(() => db.prepare('SELECT 1').get())

      expect(databaseCalls(records)).toHaveLength(2)
    })

    it.each(LOAD_ORDERS)('finds the library in every load order: %s %s instrument()', async (...order) => {
      const recorded = await traceInProgram(
        order,
        name,
        `${program}
         for (let i = 0; i < 500 && records.length === 0; i++) {
           db.prepare('SELECT 1').get()
           await new Promise(resolve => setTimeout(resolve, 10))
         }`,
        "undefined, { traceSql: 'statements' }",
      )

      expect(recorded).toEqual(['db-start SELECT ?', 'db-stop'])
    })
  })
}
