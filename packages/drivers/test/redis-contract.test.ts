import { afterAll, beforeAll } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { describeDriver } from './driver-contract.js'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis({ password: 'p@ss:word/é' })
})
afterAll(() => server.stop())

describeDriver('redis', async () => {
  await server.command('FLUSHALL')
  return `${server.url}/3`
})

describeDriver('valkey', async () => {
  await server.command('FLUSHALL')
  return `${server.url.replace('redis:', 'valkey:')}/3`
})
