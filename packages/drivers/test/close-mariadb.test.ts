import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { type MariadbServer, startMariadb } from '../../../test/servers/mariadb.js'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { describeHungServer } from './hung-server.js'

let server: MariadbServer
let proxy: ServerProxy
let holder: Connection | undefined
beforeAll(async () => {
  server = await startMariadb({ password: 's3cret' })
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

describeHungServer('mysql://', ['lost behind its network', 'with its table locked'], () => ({
  url: () => server.url.replace(`:${server.port}/`, `:${proxy.port}/`),
  hangs: {
    'lost behind its network': async () => proxy.delay(600_000),
    async 'with its table locked'() {
      holder = await createConnection(server.url)
      await holder.query('LOCK TABLES data WRITE')
    },
  },
  async heal() {
    await holder?.end()
    holder = undefined
    await proxy.heal()
  },
}))
