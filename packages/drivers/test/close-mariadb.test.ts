import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type SharedDatabase, shareMariadb } from '../../../test/servers/share.js'
import { describeHungServer } from './hung-server.js'

let server: SharedDatabase
let proxy: ServerProxy
let holder: Connection | undefined
beforeAll(async () => {
  server = await shareMariadb()
  await server.sql(`CREATE USER patient IDENTIFIED BY 's3cret'; GRANT ALL ON ${server.database}.* TO patient`)
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

const urlOf = ({ port }: { readonly port: number }): string =>
  `mysql://patient:s3cret@127.0.0.1:${port}/${server.database}`

describeHungServer('mysql://', ['cut off from the network', 'with its table locked'], () => ({
  url: () => urlOf(proxy),
  hangs: {
    'cut off from the network': async () => proxy.delay(600_000),
    async 'with its table locked'() {
      holder = await createConnection(urlOf(server))
      await holder.query('LOCK TABLES data WRITE')
    },
  },
  async heal() {
    await holder?.end()
    holder = undefined
    await proxy.heal()
  },
}))
