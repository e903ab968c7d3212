import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SharedDatabase, shareMariadb, sharePostgresql } from './servers/share.js'
import { recordDriverUse } from './use-driver.js'

let postgresql: SharedDatabase
let mariadb: SharedDatabase

beforeAll(async () => {
  ;[postgresql, mariadb] = await Promise.all([sharePostgresql(), shareMariadb()])
})
afterAll(() => Promise.all([postgresql.stop(), mariadb.stop()]))

it.each([
  ['PostgreSQL', () => postgresql.url],
  ['MariaDB', () => mariadb.url],
])('the driver for %s creates no points when used within a trace', async (_name, url) => {
  const { written, recorded } = await recordDriverUse(url())

  expect(written).toBe(4)
  expect(recorded).toEqual([])
})
