import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb, sharePostgresql } from './servers/share.js'
import { recordsOfDriver } from './use-driver.js'

let postgresql: SharedDatabase
let mariadb: SharedDatabase

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([sharePostgresql(), shareMariadb()])
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
