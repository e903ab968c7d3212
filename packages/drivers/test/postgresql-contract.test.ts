import { afterAll, beforeAll } from 'vitest'
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.js'
import { describeDriver } from './driver-contract.js'

let server: PostgresqlServer
beforeAll(async () => {
  server = await startPostgresql()
})
afterAll(() => server.stop())

let stores = 0

describeDriver('postgresql', async () => {
  const database = `contract_${++stores}`
  await server.sql(`CREATE DATABASE ${database} OWNER osprofiler`)
  return server.url.replace(/osprofiler$/, database)
})
