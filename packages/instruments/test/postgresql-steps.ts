import { createRequire } from 'node:module'
import knex from 'knex'
import pg from 'pg'
import QueryStream from 'pg-query-stream'
import postgres from 'postgres'
import { type Opened, type See, untilDone } from './mixed-callers.js'

interface Cursor extends pg.Submittable {
  read(rows: number, callback: (error: unknown) => void): void
  close(callback: () => void): void
}

// pg-cursor does not include types.
const Cursor: new (text: string) => Cursor = createRequire(import.meta.url)('pg-cursor')

const TEXT = 'SELECT generate_series(1, 4) AS n, pg_sleep(0.001)'

type Done = () => void
type Failed = (error: unknown) => void

/** Calls `see` for the events of a query or a stream, and calls `done` at the last event in `names`. */
function seeEvents(emitter: NodeJS.EventEmitter, see: See, names: readonly string[], done: Done): void {
  for (const name of names) emitter.on(name, () => see(`the event ${name}`))
  emitter.on(names.at(-1) ?? '', done)
}

/** Opens a pool of one connection. */
export function openPg(url: string): Opened {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const withClient = (see: See, work: (client: pg.PoolClient, done: Done, failed: Failed) => void) =>
    untilDone((done, failed) =>
      pool.connect((error, client, release) => {
        see('the callback of connect')
        if (error || client === undefined) return failed(error)
        work(
          client,
          () => {
            release()
            done()
          },
          failed,
        )
      }),
    )
  return {
    first: () => pool.query('SELECT 1'),
    close: () => pool.end(),
    steps: {
      'a pool query, with a callback': see =>
        untilDone(done =>
          pool.query(TEXT, () => {
            see('the callback')
            done()
          }),
        ),
      'a pool query that fails, with a callback': see =>
        untilDone(done =>
          pool.query('SELECT nothing', () => {
            see('the callback')
            done()
          }),
        ),
      'a pool query, with a promise': async see => {
        await pool.query(TEXT)
        see('the first')
        await pool.query(TEXT)
      },
      'a pool client, with callbacks': see =>
        withClient(see, (client, done) =>
          client.query(TEXT, () => {
            see('the callback of query')
            client.query({ text: TEXT, values: [] }, () => {
              see('a query object, with a callback')
              done()
            })
          }),
        ),
      'the events of a query': see =>
        withClient(see, (client, done) => {
          const query = client.query(new pg.Query(TEXT as never))
          seeEvents(query, see, ['row', 'end'], done)
        }),
      'the events of a query that fails': see =>
        withClient(see, (client, done) => {
          const query = client.query(new pg.Query('SELECT nothing' as never))
          seeEvents(query, see, ['error'], done)
        }),
      'a cursor, with callbacks': see =>
        withClient(see, (client, done, failed) => {
          const cursor = client.query(new Cursor(TEXT))
          cursor.read(2, error => {
            see('the first rows')
            if (error) return failed(error)
            cursor.read(2, () => {
              see('the next rows')
              cursor.close(() => {
                see('the end')
                done()
              })
            })
          })
        }),
      'a stream': see =>
        withClient(see, (client, done) => {
          const stream = client.query(new QueryStream(TEXT, [], { batchSize: 2 }))
          seeEvents(stream, see, ['data', 'end', 'close'], done)
        }),
    },
  }
}

/** Opens a client that all callers share. */
export function openPgClient(url: string): Opened {
  const client = new pg.Client(url)
  return {
    first: () => client.connect(),
    close: () => client.end(),
    steps: {
      'a query, with a callback': see =>
        untilDone(done =>
          client.query(TEXT, () => {
            see('the callback')
            done()
          }),
        ),
      'the events of a query': see =>
        untilDone(done => seeEvents(client.query(new pg.Query(TEXT as never)), see, ['row', 'end'], done)),
      'a stream': see =>
        untilDone(done => seeEvents(client.query(new QueryStream(TEXT)), see, ['data', 'end', 'close'], done)),
      'a cursor that is read step by step': see =>
        untilDone((done, failed) => {
          const cursor = client.query(new Cursor(TEXT))
          cursor.read(100, error => {
            see('the rows')
            if (error) failed(error)
            else done()
          })
        }),
    },
  }
}

/** Opens the query builder knex, which has its own pool. */
export function openKnex(client: 'pg' | 'mysql2', connection: string): Opened {
  const db = knex({ client, connection, pool: { min: 0, max: 1 } })
  const text = 'SELECT 1 AS n'
  return {
    first: () => db.raw(text),
    close: () => db.destroy(),
    steps: {
      'a query, with a promise': async see => {
        await db.raw(text)
        see('the first')
        await db.raw(text)
      },
      'a query, with a callback': see =>
        untilDone(done =>
          db.raw(text).asCallback(() => {
            see('the callback')
            done()
          }),
        ),
      'a stream': see =>
        untilDone(done => seeEvents(db.select(db.raw('1 AS n')).stream(), see, ['data', 'end', 'close'], done)),
      'a transaction': see =>
        db.transaction(async transaction => {
          see('the transaction')
          await transaction.raw(text)
          see('after the query')
        }),
    },
  }
}

/** Opens the library postgres. */
export function openPostgres(url: string): Opened {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  return {
    first: () => sql`SELECT 1`,
    close: () => sql.end(),
    steps: {
      'a query': async see => {
        await sql`SELECT 1`
        see('the first')
        await sql`SELECT 2`
      },
      forEach: async see => {
        const query = sql`SELECT generate_series(1, 5)`
        await query.forEach(() => {
          see('a row')
        })
      },
      'a cursor, with a callback': see => sql`SELECT generate_series(1, 5)`.cursor(2, async () => see('rows')),
      'a cursor that is read in a loop': async see => {
        for await (const _rows of sql`SELECT generate_series(1, 5)`.cursor(2)) see('rows')
      },
      'a transaction': see =>
        sql.begin(async transaction => {
          see('the transaction')
          await transaction`SELECT 1`
          see('after the query')
        }),
      'copying rows': async see => {
        const stream = await sql`COPY (SELECT generate_series(1, 5)) TO STDOUT`.readable()
        see('the stream')
        await untilDone(done => seeEvents(stream, see, ['data', 'end'], done))
      },
    },
  }
}
