import { setNotifier } from '@osprofiler/core'
import mysql from 'mysql2'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { type Call, type Note, notePromise, watchCall } from './guest-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

let postgresql: SharedDatabase
let mariadb: SharedDatabase
let client: pg.Client
let pool: pg.Pool
let sql: postgres.Sql
let connection: mysql.Connection
let promised: import('mysql2/promise').Connection
let connections: mysql.Pool

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([sharePostgresql(), shareMariadb()])
  client = new pg.Client(postgresql.url)
  await client.connect()
  pool = new pg.Pool({ connectionString: postgresql.url, max: 1 })
  sql = postgres(postgresql.url, { max: 1, onnotice: () => undefined })
  const uri = mariadb.url.replace(/^\w+:/, 'mysql:')
  connection = mysql.createConnection(uri)
  promised = connection.promise() as never
  connections = mysql.createPool({ uri, connectionLimit: 1 })
})
afterAll(async () => {
  await Promise.all([client.end(), pool.end(), sql.end(), promised.end(), connections.promise().end()])
  await Promise.all([postgresql.stop(), mariadb.stop()])
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

type Done = (error: unknown, result: unknown) => void

/** Resolves when `send` calls its callback. Logs the callback and the value that `send` returns. */
function called(note: Note, send: (done: Done) => unknown): Promise<void> {
  return new Promise(resolve => {
    const returned = send(function (this: unknown, error, result) {
      note(`called with ${error} ${typeof result}`)
      resolve()
    })
    note(`returned ${typeof returned}`)
  })
}

const CALLS: Readonly<Record<string, Call>> = {
  'a query of pg': note => notePromise(client.query('SELECT 1'), note),
  'a query of pg with parameters': note => notePromise(client.query('SELECT $1::int', [1]), note),
  'a query of pg that fails': note => notePromise(client.query('SELECT nothing'), note),
  'a pg query whose failure is unhandled': async note => {
    void client.query('SELECT nothing')
    await notePromise(client.query('SELECT 1'), note)
  },
  'a query of pg with a callback': note => called(note, done => client.query('SELECT 1', done)),
  'a pg query passed as an object': async note => {
    const callback = (): void => note('called')
    const config = { text: 'SELECT 1', callback }
    await called(note, done => client.query(config, done as never))
    note(`${Object.keys(config)} ${config.callback === callback}`)
  },
  'a query of a pg pool': note => notePromise(pool.query('SELECT 1'), note),
  'two concurrent queries of a pg pool': async note => {
    await Promise.all([notePromise(pool.query('SELECT 1'), note), notePromise(pool.query('SELECT 2'), note)])
  },
  'a client from a pg pool': async note => {
    const given = await pool.connect()
    note('connected')
    await notePromise(given.query('SELECT 1'), note)
    given.release()
  },
  'a query of postgres': note => notePromise(sql`SELECT 1`, note),
  'a query of postgres that fails': note => notePromise(sql`SELECT nothing`, note),
  'a query of mysql2': note => called(note, done => connection.query('SELECT 1', done)),
  'a query of mysql2 that fails': note => called(note, done => connection.query('SELECT nothing', done)),
  'a query of mysql2 with a promise': note => notePromise(promised.query('SELECT 1'), note),
  'a statement of mysql2 with a promise': note => notePromise(promised.execute('SELECT ?', [1]), note),
  'a mysql2 query with event listeners': note =>
    new Promise(resolve => {
      const query = connection.query('SELECT 1')
      note(`${query.eventNames()} ${Object.keys(query).includes('emit')}`)
      query.on('result', () => note('result')).on('end', () => resolve(note('end')))
    }),
  'a query of a mysql2 pool': note => notePromise(connections.promise().query('SELECT 1'), note),
}

describe.each(Object.keys(CALLS))('%s', name => {
  const call = CALLS[name] ?? (() => Promise.resolve())

  it.each(['untraced', 'traced'])('behaves the same with and without the instrument: %s', async how => {
    await watchCall(call)
    const plain = await watchCall(call)
    const records = collect()
    const queries = Object.getPrototypeOf(sql`SELECT 1`)
    const { handle } = queries
    instrumented(['pg', 'postgres', 'mysql2'], { traceSql: 'statements' })
    // The instrument finds ES modules, such as postgres, only some ticks after they are loaded.
    await until(() => queries.handle !== handle)

    const watched = how === 'traced' ? (await inTrace(() => watchCall(call))).result : await watchCall(call)

    expect(watched).toEqual(plain)
    // A point from an earlier test may stop only now, so only start records are checked.
    expect(records.some(record => record.name.endsWith('-start'))).toBe(how === 'traced')
  })
})
