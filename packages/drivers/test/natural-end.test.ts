import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endBesideHang, LONGEST_END_MS } from './end-beside-hang.js'
import { makeTrace } from './make-record.js'

const sockets = new Set<Socket>()
const server = createServer(socket => {
  sockets.add(socket)
  // It reads and says nothing, which no client can tell from a server that thinks.
  socket.on('error', () => undefined).resume()
})
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** Some at a time: each is a program of its own. */
const DATABASES = ['redis://HOST', 'redissentinel://HOST', 'mongodb://HOST']
/** Tried one after the other, each for five seconds, they would take longer than is allowed. */
const SIX = Array.from({ length: 6 }, () => 'HOST').join(',')
const SEVERAL = [`redissentinel://${SIX}`, `redis://${SIX}`]
const TABLES = ['postgresql://me:pw@HOST/traces', 'mysql://me:pw@HOST/traces']
const BROKERS = ['messaging://me:pw@HOST,me:pw@HOST,me:pw@HOST', 'messaging://me:pw@HOST?ssl=1', 'otlp://HOST']
const SEARCHES = ['elasticsearch://HOST', 'elasticsearch+https://HOST', 'opensearch://HOST', 'loginsight://me:pw@HOST']

describe('a program that comes to its natural end', () => {
  it.each([[[...DATABASES, ...TABLES]], [[...BROKERS, ...SEARCHES]]])(
    'is held up by none of %j for longer than a flush takes, where they accept and never answer',
    async stores => {
      const { port } = server.address() as AddressInfo

      const ends = await Promise.all(stores.map(store => endBesideHang(store.replaceAll('HOST', `127.0.0.1:${port}`))))

      for (const [index, { code, ms }] of ends.entries()) {
        expect(code, stores[index]).toBe(0)
        expect(ms, stores[index]).toBeLessThan(LONGEST_END_MS)
      }
    },
  )
})

describe('a store that is closed while its server hangs', () => {
  it.concurrent.each([...DATABASES, ...SEVERAL, ...TABLES, ...BROKERS, ...SEARCHES])(
    'lets go of it, as %s',
    async store => {
      const { port } = server.address() as AddressInfo
      const driver = openDriver(store.replaceAll('HOST', `127.0.0.1:${port}`))
      const began = performance.now()
      const writing = driver.write(makeTrace(2)).catch(error => error)

      await driver.close()

      expect(performance.now() - began).toBeLessThan(LONGEST_END_MS)
      expect(await writing).toMatchObject({ code: expect.stringMatching(/^ERR_(?:STORE|WRITE_UNCERTAIN)$/) })
      expect(String(await writing)).not.toMatch(/me:|pw/)
    },
  )
})
