import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { importOnce } from './python/run-python.js'
import { type SharedDatabase, sharePostgresql } from './servers/share.js'
import { describeSharing } from './sql-python.js'

importOnce('sqlalchemy.dialects.postgresql', 'psycopg2')

let server: SharedDatabase
beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())

let databases = 0

describeSharing('PostgreSQL', async () => {
  const name = `${server.database}_${++databases}`
  await server.sql(`CREATE DATABASE ${name} OWNER osprofiler`)
  const url = server.url.replace(/[^/]+$/, name)

  async function select(text: string): Promise<string> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query({ text, rowMode: 'array' })
    await client.end()
    return rows.map(row => row.join(' ')).join('\n')
  }

  return {
    url,
    describeColumns: () =>
      select(`SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_name = 'data' ORDER BY ordinal_position`),
    countIndexes: async () => Number(await select(`SELECT count(*) FROM pg_indexes WHERE tablename = 'data'`)),
  }
})
