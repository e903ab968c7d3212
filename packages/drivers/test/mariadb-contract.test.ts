import { afterAll, beforeAll } from 'vitest'
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb.js'
import { describeDriver } from './driver-contract.js'

let server: MariadbServer
beforeAll(async () => {
  server = await startMariadb()
})
afterAll(() => server.stop())

let stores = 0

describeDriver('mysql', async () => {
  const database = `contract_${++stores}`
  await server.sql(`CREATE DATABASE ${database}; GRANT ALL ON ${database}.* TO osprofiler`)
  return server.url.replace(/osprofiler$/, database)
})
