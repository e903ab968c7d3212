import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MariadbServer, startMariadb } from './servers/mariadb.js'
import { type PostgresqlServer, startPostgresql } from './servers/postgresql.js'
import { recordsOfDriver } from './use-driver.js'

let postgresql: PostgresqlServer
let mariadb: MariadbServer

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([startPostgresql(), startMariadb()])
})
afterAll(() => Promise.all([postgresql.stop(), mariadb.stop()]))

it.each([
  ['PostgreSQL', () => postgresql.url],
  ['MariaDB', () => mariadb.url],
])('the driver of %s that is used within a trace leaves nothing in it', async (_name, url) => {
  const { written, recorded } = await recordsOfDriver(url())

  expect(written).toBe(4)
  expect(recorded).toEqual([])
})
