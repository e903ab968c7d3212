import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from './servers/redis.js'
import { type RedisCluster, startRedisCluster } from './servers/redis-cluster.js'
import { recordDriverUse } from './use-driver.js'

let server: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startRedisCluster()])
})
afterAll(() => Promise.all([server.stop(), cluster.stop()]))

it.each([
  ['a Redis server', () => server.url],
  ['a Redis cluster', () => cluster.url],
])('the driver for %s creates no points when used within a trace', async (_name, url) => {
  const { written, recorded } = await recordDriverUse(url())

  expect(written).toBe(4)
  expect(recorded).toEqual([])
})
