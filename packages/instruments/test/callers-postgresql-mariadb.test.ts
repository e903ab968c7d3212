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
  'a pg pool': () => openPg(postgresqlUrl()),
  'a pg client': () => openPgClient(postgresqlUrl()),
  postgres: () => openPostgres(postgresqlUrl()),
  'knex with pg': () => openKnex('pg', postgresqlUrl()),
  'knex with mysql2': () => openKnex('mysql2', mysqlUrl()),
  'a mysql2 pool': () => openMysqlPool(mysql, mysqlUrl()),
  'a mysql2 connection': () => openMysqlConnection(mysql, mysqlUrl()),
  'a mysql2 pool (version 2)': () => openMysqlPool(mysql2 as never, mysqlUrl()),
}

describe.each(Object.keys(LIBRARIES))('%s', library => {
  const open = LIBRARIES[library] as () => Opened

  describe.each(['off', 'statements'] as const)('with traceSql %s', traceSql => {
    let opened: Opened

    // Each test opens its connection within a trace. A callback that runs in the wrong context would run in this trace.
    beforeEach(async () => {
      records = collect()
      const queries = Object.getPrototypeOf(postgres(NOWHERE)`SELECT`)
      const { handle } = queries
      instrumented(undefined, { traceSql })
      // The instrument finds ES modules, such as postgres, only some ticks after they are loaded.
      await until(() => queries.handle !== handle)
      opened = open()
      await inTrace(opened.first)
      records.length = 0
    })
    afterEach(() => opened.close())

    it.each(stepsOf(open))('runs each callback in the context of its own caller: %s', async name => {
      const step = opened.steps[name] ?? (() => Promise.reject(new Error('No such step')))

      const strays = await findStrays(step)

      expect(strays).toEqual([])
      expect(databaseCalls(records).length > 0).toBe(traceSql !== 'off')
      if (traceSql === 'off') expect(records).toEqual([])
    })
  })
})

/** Returns the names of a library's steps, using a pool that never connects. */
function stepsOf(open: () => Opened): string[] {
  return Object.keys(open().steps)
}
