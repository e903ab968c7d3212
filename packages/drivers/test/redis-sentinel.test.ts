import { afterAll, beforeAll } from 'vitest'
import { type RedisSentinels, startRedisSentinels } from '../../../test/servers/redis-sentinel.js'
import { describeDriver } from './driver-contract.js'

let sentinels: RedisSentinels
beforeAll(async () => {
  sentinels = await startRedisSentinels({ password: 'secret' })
})
afterAll(() => sentinels.stop())

describeDriver('redissentinel', async () => {
  await sentinels.master.command('FLUSHALL')
  return sentinels.url
})
