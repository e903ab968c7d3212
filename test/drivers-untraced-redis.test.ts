import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from './servers/redis.js'
import { type RedisCluster, startRedisCluster } from './servers/redis-cluster.js'
import { recordsOfDriver } from './use-driver.js'

let server: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startRedisCluster()])
})
afterAll(() => Promise.all([server.stop(), cluster.stop()]))

it.each([
  ['a Redis', () => server.url],
  ['a cluster', () => cluster.url],
])('the driver of %s that is used within a trace leaves nothing in it', async (_name, url) => {
  const { written, recorded } = await recordsOfDriver(url())

  expect(written).toBe(4)
  expect(recorded).toEqual([])
})
