import { afterAll, beforeAll } from 'vitest'
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { describeDriver } from './driver-contract.js'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startRedisCluster({ password: 'secret' })
})
afterAll(() => cluster.stop())

describeDriver('redis', async () => {
  for (const node of cluster.nodes) await node.command('FLUSHALL')
  return cluster.url
})
