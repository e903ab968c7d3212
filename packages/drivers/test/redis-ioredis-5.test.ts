import { createRequire } from 'node:module'
import type { Driver } from '@osprofiler/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Proxy as ServerProxy, startProxy } from '../../../test/servers/proxy.js'
import { type RedisServer, startRedis } from '../../../test/servers/redis.js'
import { startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { openDriver } from '../src/open-driver.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { BATCH, openLoad } from './notifier-load.js'
import { storedPoints } from './redis-stored.js'

// The tests replace the newest ioredis with version 5, which older programs use.
vi.mock('ioredis', () => import('ioredis-5'))

let server: RedisServer
let proxy: ServerProxy
beforeAll(async () => {
  server = await startRedis({ password: 'secret' })
  proxy = await startProxy(server)
})
beforeEach(() => server.command('FLUSHALL'))
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

function open(location: string): Driver {
  const driver = openDriver(`redis://${location}`, { filterErrorTrace: true })
  onTestFinished(() => driver.close())
  return driver
}

describe('redis:// with ioredis 5', () => {
  it('uses ioredis 5 in these tests', async () => {
    const { version } = createRequire(import.meta.url)('ioredis-5/package.json')
    const { Redis } = await import('ioredis')

    expect(version).toMatch(/^5\./)
    expect(Redis).toBe((await import('ioredis-5')).Redis)
  })

  it('writes, reads, lists, deletes and prunes', async () => {
    const driver = open(`:secret@127.0.0.1:${server.port}/1`)
    const [one, other] = [makeTrace(120), makeTrace(2, { info: { etype: 'ValueError' } })]

    await driver.write([...one, ...other])

    expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual(one)
    expect((await driver.listTraces?.())?.map(trace => trace.records)).toEqual([2, 120])
    expect(await driver.listErrorTraces?.()).toMatchObject([{ base_id: other[0]?.base_id }])
    expect(await driver.deleteTrace?.(one[0]?.base_id ?? '')).toBe(120)
    expect(await driver.pruneTraces?.(new Date('2027-01-01T00:00:00Z'))).toBe(1)
  })

  it('stores no record twice if the server loses its connections in the middle of batches', async () => {
    const load = openLoad(open(`:secret@127.0.0.1:${proxy.port}`))
    await load.write(BATCH)

    for (let bytes = 1; bytes < 40_000; bytes += 4_000) {
      proxy.cutAfter(bytes)
      await load.write(BATCH)
    }
    await server.restart()
    await load.write(BATCH)

    expect(load.notifier.stats.unknown).toBeGreaterThan(0)
    load.expectBalance(await storedPoints(server))
  })

  it('works with the nodes of a Cluster', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const driver = open(cluster.url.replace('redis://', ''))
    const records = Array.from({ length: 60 }, () => makeRecord())

    await driver.write(records)

    const stored = await Promise.all(cluster.nodes.map(storedPoints))
    expect(stored.flat()).toHaveLength(60)
    expect(stored.every(points => points.length > 0)).toBe(true)
    expect(await driver.listTraces?.()).toHaveLength(60)
  })

  it('reports a wrong password', async () => {
    await expect(open(`:wrong@127.0.0.1:${server.port}`).write([makeRecord()])).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('the password is wrong or missing'),
    })
  })
})
