import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.js'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { describeHungServer } from './hung-server.js'

let server: PostgresqlServer
let proxy: ServerProxy
let holder: pg.Client | undefined
beforeAll(async () => {
  server = await startPostgresql({ password: 's3cret' })
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

describeHungServer('postgresql://', ['lost behind its network', 'with its table locked'], () => ({
  url: () => server.url.replace(`:${server.port}/`, `:${proxy.port}/`),
  hangs: {
    'lost behind its network': async () => proxy.delay(600_000),
    async 'with its table locked'() {
      holder = new pg.Client({ connectionString: server.url })
      await holder.connect()
      await holder.query('BEGIN')
      await holder.query('LOCK TABLE data IN ACCESS EXCLUSIVE MODE')
    },
  },
  async heal() {
    await holder?.end()
    holder = undefined
    await proxy.heal()
  },
}))
