import { setNotifier, type TraceRecord } from '@osprofiler/core'
import mysql from 'mysql2'
import mysql2 from 'mysql2-2'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb, sharePostgresql } from '../../../test/servers/share.js'
import { databaseCalls } from './database-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { findStrays, type Opened } from './mixed-callers.js'
import { openMysqlConnection, openMysqlPool } from './mysql-steps.js'
import { openKnex, openPg, openPgClient, openPostgres } from './postgresql-steps.js'
import { collect, inTrace, until } from './traced-calls.js'

const NOWHERE = 'mysql://127.0.0.1:1/none'

let postgresql: SharedDatabase | undefined
let mariadb: SharedDatabase | undefined
let records: TraceRecord[]

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([sharePostgresql(), shareMariadb()])
})
afterAll(() => Promise.all([postgresql?.stop(), mariadb?.stop()]))
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

const postgresqlUrl = (): string => postgresql?.url ?? NOWHERE
const mysqlUrl = (): string => mariadb?.url.replace(/^\w+:/, 'mysql:') ?? NOWHERE

const LIBRARIES: Readonly<Record<string, () => Opened>> = {
  'a pool of pg': () => openPg(postgresqlUrl()),
  'a client of pg': () => openPgClient(postgresqlUrl()),
  postgres: () => openPostgres(postgresqlUrl()),
  'knex over pg': () => openKnex('pg', postgresqlUrl()),
  'knex over mysql2': () => openKnex('mysql2', mysqlUrl()),
  'a pool of mysql2': () => openMysqlPool(mysql, mysqlUrl()),
  'a connection of mysql2': () => openMysqlConnection(mysql, mysqlUrl()),
  'a pool of mysql2 2': () => openMysqlPool(mysql2 as never, mysqlUrl()),
}

describe.each(Object.keys(LIBRARIES))('%s', library => {
  const open = LIBRARIES[library] as () => Opened

  describe.each(['off', 'statements'] as const)('with traceSql %s', traceSql => {
    let opened: Opened

    // The connection is opened within a trace.
    beforeEach(async () => {
      records = collect()
      const queries = Object.getPrototypeOf(postgres(NOWHERE)`SELECT`)
      const { handle } = queries
      instrumented(undefined, { traceSql })
      // The instrument finds ECMAScript modules such as postgres some ticks later.
      await until(() => queries.handle !== handle)
      opened = open()
      await inTrace(opened.first)
      records.length = 0
    })
    afterEach(() => opened.close())

    it.each(stepsOf(open))('separates the traces of concurrent callers: %s', async name => {
      const step = opened.steps[name] ?? (() => Promise.reject(new Error('No such step')))

      const strays = await findStrays(step)

      expect(strays).toEqual([])
      expect(databaseCalls(records).length > 0).toBe(traceSql !== 'off')
      if (traceSql === 'off') expect(records).toEqual([])
    })
  })
})

/** Returns the names of a library's steps, from a pool that never connects. */
function stepsOf(open: () => Opened): string[] {
  return Object.keys(open().steps)
}
