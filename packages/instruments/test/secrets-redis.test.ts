import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { recordWithoutSecrets, SECRET } from './secrets.js'

const PASSWORD = `${SECRET}-password`
let server: RedisServer

beforeAll(async () => {
  server = await startRedis({ password: PASSWORD })
})
afterAll(() => server.stop())

it.each(['off', 'statements', 'values'] as const)('traceSql %s records no Redis credentials', async traceSql => {
  const records = await recordWithoutSecrets({ traceSql }, async () => {
    const ioredis = new Redis({ port: server.port, password: PASSWORD })
    await ioredis.get('a')
    await ioredis.auth(PASSWORD)
    await ioredis.auth('default', SECRET).catch(() => undefined)
    await ioredis.pipeline().auth(PASSWORD).config('SET', 'masterauth', SECRET).exec()
    await ioredis.multi().config('SET', 'masterauth', SECRET).exec()
    ioredis.disconnect()
    const refused = new Redis({ port: server.port, username: SECRET, password: SECRET, retryStrategy: () => null })
    refused.on('error', () => undefined)
    await refused.get('a').catch(() => undefined)
    refused.disconnect()

    const client = createClient({ url: server.url })
    await client.connect()
    await client.auth({ password: PASSWORD })
    await client.auth({ username: SECRET, password: SECRET }).catch(() => undefined)
    await client.aclSetUser('bob', ['on', `>${SECRET}`])
    await client.configSet('masterauth', SECRET)
    client.destroy()
    const wrong = createClient({
      url: `redis://${SECRET}:${SECRET}@127.0.0.1:${server.port}`,
      socket: { reconnectStrategy: false },
    })
    wrong.on('error', () => undefined)
    await wrong.connect().catch(() => undefined)
    await wrong.get('a').catch(() => undefined)
  })

  const statements = records
    .filter(({ name }) => name === 'db-start')
    .map(({ info }) => (info.db as { statement: string }).statement)
  expect(statements).toEqual([
    'GET ?',
    'AUTH ?',
    'AUTH ? ?',
    'AUTH ?; CONFIG SET ? ?',
    'MULTI; CONFIG SET ? ?; EXEC',
    'GET ?',
    'AUTH ?',
    'AUTH ? ?',
    'ACL SETUSER ? ? ?',
    'CONFIG SET ? ?',
    'GET ?',
  ])
})
