import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { endBesideHang, expectEndInTime, WAYS_TO_END } from './end-beside-hang.js'

const sockets = new Set<Socket>()
const server = createServer(socket => {
  sockets.add(socket)
  // The server reads all data but never answers. Clients cannot distinguish such a server from a slow server.
  socket.on('error', () => undefined).resume()
})
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/**
 * A list of six silent hosts. A program must end within five seconds, so a driver has no time to try six hosts one
 * after another.
 */
const SIX = Array.from({ length: 6 }, () => 'HOST').join(',')

/**
 * Each group lists the stores of one program. Stores with the same client package are in one group, so that only one
 * program loads the package.
 */
const GROUPS = [
  ['redis://HOST', 'rediss://HOST', 'redissentinel://HOST', `redissentinel://${SIX}`, `redis://${SIX}?cluster=true`],
  ['postgresql://me:s3cret@HOST/traces', `postgresql://me:s3cret@${SIX}/traces?connect_timeout=60`],
  ['mysql://me:s3cret@HOST/traces', 'mysql://me:s3cret@HOST/traces?connect_timeout=60', 'loginsight://me:s3cret@HOST'],
  ['messaging://me:s3cret@HOST,me:s3cret@HOST,me:s3cret@HOST', 'messaging://me:s3cret@HOST?ssl=1'],
  ['otlp://HOST', 'otlp://HOST?timeout=60', 'otlp://HOST?protocol=http/json', 'otlp+https://HOST?timeout=60'],
  ['elasticsearch://HOST?timeout=60', `elasticsearch://${SIX}`, 'elasticsearch+https://HOST'],
  ['opensearch://HOST?timeout=60', `opensearch://${SIX}`, 'opensearch+https://HOST'],
  [
    'mongodb://HOST',
    'mongodb://HOST/?tls=true',
    `mongodb://${SIX}`,
    'mongodb://HOST/?serverSelectionTimeoutMS=60000&connectTimeoutMS=60000',
  ],
]

// The tests run concurrently, because each waits for several seconds.
describe.each(WAYS_TO_END)('a program whose servers accept connections and never answer (way to end: %s)', how => {
  it.concurrent.for(GROUPS.map(group => [group]))(
    'ends in time with the stores %j',
    async ([stores = []], { onTestFinished }) => {
      const { port } = server.address() as AddressInfo

      const addresses = stores.map(store => store.replaceAll('HOST', `127.0.0.1:${port}`))

      const end = await endBesideHang(addresses, how, { onFinished: onTestFinished })

      expectEndInTime(end, stores.join(' '), stores.length)
    },
  )
})
