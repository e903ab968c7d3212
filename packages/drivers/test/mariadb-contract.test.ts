import { afterAll, beforeAll } from 'vitest'
import { type SharedDatabase, shareMariadb } from '../../../test/servers/share.js'
import { describeDriver } from './driver-contract.js'

let server: SharedDatabase
beforeAll(async () => {
  server = await shareMariadb()
})
afterAll(() => server.stop())

let stores = 0

describeDriver('mysql', async () => {
  const database = `${server.database}_${++stores}`
  await server.sql(`CREATE DATABASE ${database}; GRANT ALL ON ${database}.* TO osprofiler`)
  return server.url.replace(/[^/]+$/, database)
})
