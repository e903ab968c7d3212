import { afterAll, beforeAll } from 'vitest'
import { type SharedDatabase, sharePostgresql } from '../../../test/servers/share.js'
import { describeDriver } from './driver-contract.js'

let server: SharedDatabase
beforeAll(async () => {
  server = await sharePostgresql()
})
afterAll(() => server.stop())

let stores = 0

describeDriver('postgresql', async () => {
  const database = `${server.database}_${++stores}`
  await server.sql(`CREATE DATABASE ${database} OWNER osprofiler`)
  return server.url.replace(/[^/]+$/, database)
})
