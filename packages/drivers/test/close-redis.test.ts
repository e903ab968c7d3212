import { afterAll, beforeAll } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { describeHungServer } from './hung-server.js'

let server: RedisServer
let proxy: ServerProxy
beforeAll(async () => {
  server = await startRedis({ password: 's3cret' })
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

describeHungServer('redis://', ['cut off from the network', 'with its writes paused'], () => ({
  url: () => server.url.replace(`:${server.port}`, `:${proxy.port}`),
  hangs: {
    'cut off from the network': async () => proxy.delay(600_000),
    'with its writes paused': () => server.command('CLIENT', 'PAUSE', '600000', 'WRITE'),
  },
  async heal() {
    await server.command('CLIENT', 'UNPAUSE')
    await proxy.heal()
  },
}))
