import { afterAll, beforeAll } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type RabbitmqServer, startRabbitmq } from '../../../test/servers/rabbitmq.js'
import { describeHungServer } from './hung-server.js'

let server: RabbitmqServer
let proxy: ServerProxy
beforeAll(async () => {
  server = await startRabbitmq({ password: 's3cret' })
  proxy = await startProxy(server)
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

describeHungServer('messaging://', ['cut off from the network', 'short of memory'], () => ({
  url: () => `messaging://osprofiler:s3cret@127.0.0.1:${proxy.port}/`,
  hangs: {
    'cut off from the network': async () => proxy.delay(600_000),
    'short of memory': () => server.command('set_vm_memory_high_watermark', '0'),
  },
  async heal() {
    await server.command('set_vm_memory_high_watermark', '0.6')
    await proxy.heal()
  },
}))
