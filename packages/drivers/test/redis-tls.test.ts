import { createNotifier, type Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { type RedisSentinels, startRedisSentinels } from '../../../test/servers/redis-sentinel.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'

describe('redissentinels://', () => {
  let sentinels: RedisSentinels
  beforeAll(async () => {
    sentinels = await startRedisSentinels({ password: 's3cret', sentinelPassword: 'other', tls: true })
  })
  afterAll(() => sentinels.stop())

  it('reports Sentinels with an untrusted certificate, without showing the password', async () => {
    await expectDistrust(`${sentinels.url}?sentinel_password=other`)
  })

  it('reports that the password of the Sentinels is missing', async () => {
    const driver = open(`${sentinels.url}?ssl_ca_certs=${sentinels.certificateFile}`)

    await expect(driver.write([makeRecord()])).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/password of the Sentinels.*sentinel_password.*NOAUTH/),
    })
  })

  it('finds the master and, after a failover, the next master, only over TLS', async () => {
    const authority = `ssl_ca_certs=${sentinels.certificateFile}`
    const driver = open(`${sentinels.url}?sentinel_password=other&${authority}`)
    const replica = open(`${sentinels.replica.url}?${authority}`)
    const [before, after] = [makeTrace(4), makeTrace(6)]
    const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 100 })

    await driver.write(before)
    await expect.poll(() => readAll(replica, before[0]?.base_id ?? '')).toEqual(before)
    await sentinels.master.kill()
    await sentinels.whenFailedOver()
    for (const record of after) notifier(record)
    await notifier.close(20_000)

    expect(notifier.stats).toMatchObject({ written: 6, dropped: 0, unknown: 0 })
    for (const trace of [before, after]) expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await driver.listTraces?.()).toHaveLength(2)
  })
})

describe('rediss:// with several hosts', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster({ password: 's3cret', tls: true })
  })
  afterAll(() => cluster.stop())

  it('reports nodes with an untrusted certificate, without showing the password', async () => {
    await expectDistrust(cluster.url)
  })

  it('writes, reads, lists and removes traces on every node of a Cluster, only over TLS', async () => {
    const driver = open(`${cluster.url}?ssl_ca_certs=${cluster.certificateFile}`)
    const traces = Array.from({ length: 60 }, () => makeTrace(2))

    const result = await driver.write(traces.flat())

    expect(result).toEqual({ refused: 0 })
    for (const trace of traces) expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await driver.listTraces?.()).toHaveLength(60)
    for (const node of cluster.nodes) expect(Number(await node.command('DBSIZE'))).toBeGreaterThan(0)
    expect(await driver.deleteTrace?.(traces[0]?.[0]?.base_id ?? '')).toBe(2)
    expect(await driver.pruneTraces?.(new Date('2100-01-01'))).toBe(59)
  })
})

async function expectDistrust(connectionString: string): Promise<void> {
  const error: unknown = await open(connectionString)
    .write([makeRecord()])
    .catch(reason => reason)

  expect(error).toMatchObject({
    code: 'ERR_STORE',
    message: expect.stringMatching(/not trusted.*ssl_ca_certs.*self-signed certificate/),
  })
  expect(`${error} ${(error as Error).cause}`).not.toContain('s3cret')
}

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString)
  onTestFinished(() => driver.close())
  return driver
}
