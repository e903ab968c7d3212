import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type SharedDatabase, sharePostgresql } from '../../../test/servers/share.js'
import { describeHungServer } from './hung-server.js'

let server: SharedDatabase
let proxy: ServerProxy
let holder: pg.Client | undefined
beforeAll(async () => {
  server = await sharePostgresql()
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

describeHungServer('postgresql://', ['cut off from the network', 'with its table locked'], () => ({
  url: () => server.url.replace(/@.*:\d+/, `:s3cret@127.0.0.1:${proxy.port}`),
  hangs: {
    'cut off from the network': async () => proxy.delay(600_000),
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
