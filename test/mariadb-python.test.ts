import { afterAll, beforeAll } from 'vitest'
import { importOnce } from './python/run-python.js'
import { type SharedDatabase, shareMariadb } from './servers/share.js'
import { describeSharing } from './sql-python.js'

importOnce('sqlalchemy.dialects.mysql', 'pymysql')

let server: SharedDatabase
beforeAll(async () => {
  server = await shareMariadb()
})
afterAll(() => server.stop())

let databases = 0

describeSharing('MariaDB', async () => {
  const name = `${server.database}_${++databases}`
  await server.sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4; GRANT ALL ON ${name}.* TO osprofiler`)
  const table = `table_schema = '${name}' AND table_name = 'data'`
  return {
    url: server.url.replace(/[^/]+$/, name).replace('mysql:', 'mysql+pymysql:'),
    describeColumns: async () => {
      const columns = 'column_name, column_type, is_nullable, extra'
      const from = `FROM information_schema.columns WHERE ${table} ORDER BY ordinal_position`
      return (await server.sql(`SELECT ${columns} ${from}`)).trim()
    },
    countIndexes: async () =>
      Number(await server.sql(`SELECT count(DISTINCT index_name) FROM information_schema.statistics WHERE ${table}`)),
  }
})
