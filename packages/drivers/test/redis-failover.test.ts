import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startRedisCluster } from '../../../test/servers/redis-cluster.js'
import { type RedisSentinels, startRedisSentinels } from '../../../test/servers/redis-sentinel.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { ACTION_TIMEOUT_MS, BATCH, openLoad } from './notifier-load.js'
import { storedPoints } from './redis-stored.js'

describe('redissentinel://', () => {
  it('follows the Sentinels to another master under load, and repeats no record', async () => {
    const sentinels = await startRedisSentinels({ password: 'secret', sentinelPassword: 'other' })
    onTestFinished(() => sentinels.stop())
    const load = openLoad(openDriver(`${sentinels.url}?sentinel_password=other`))
    await load.write(2 * BATCH)
    await replicated(sentinels)
    const before = await storedPoints(sentinels.replica)

    let isOver = false
    const emitting = load.emitUntil(() => isOver)
    await sentinels.master.kill()
    const { written: beforeKill } = load.notifier.stats
    await sentinels.whenFailedOver()
    const { written } = load.notifier.stats
    await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(written + 5 * BATCH), ACTION_TIMEOUT_MS)
    isOver = true
    await emitting
    await load.notifier.flush(ACTION_TIMEOUT_MS)

    // Redis replicates asynchronously, so records that the master had accepted but not yet replicated are lost.
    const stored = await storedPoints(sentinels.replica)
    const { emitted, written: told, dropped, unknown } = load.notifier.stats
    expect(told + dropped + unknown).toBe(emitted)
    expect(new Set(stored).size).toBe(stored.length)
    expect(stored.length).toBeGreaterThanOrEqual(before.length + told - beforeKill - 2 * BATCH)
    expect(stored.length).toBeLessThanOrEqual(told + unknown)
    expect(stored).toEqual(expect.arrayContaining(before))
  })

  it('finds the master if the first Sentinel is gone, and reports a refused connection if all are gone', async () => {
    const sentinels = await startRedisSentinels()
    onTestFinished(() => sentinels.stop())
    const [first, ...others] = sentinels.sentinels
    await first?.kill()

    const load = openLoad(openDriver(sentinels.url))
    await load.write(BATCH)
    load.expectBalance(await storedPoints(sentinels.master))

    for (const sentinel of others) await sentinel.kill()
    const lost = openDriver(sentinels.url)
    onTestFinished(() => lost.close())
    await expect(lost.write([])).resolves.toEqual({ refused: 0 })
    await expect(lost.listTraces?.()).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('reports the name of a master that the Sentinels do not know', async () => {
    const sentinels = await startRedisSentinels()
    onTestFinished(() => sentinels.stop())
    const driver = openDriver(sentinels.url.replace('/mymaster', '/theirs'))
    onTestFinished(() => driver.close())

    await expect(driver.listTraces?.()).rejects.toThrow('know no master "theirs"')
  })
})

/** Resolves once the replica has all records of the master. */
async function replicated({ master, replica }: RedisSentinels): Promise<void> {
  await vi.waitFor(
    async () => expect(await storedPoints(replica)).toHaveLength((await storedPoints(master)).length),
    ACTION_TIMEOUT_MS,
  )
}

describe('redis:// with a Cluster', () => {
  it('stores each record once even if a node is killed and restarted under load', async () => {
    const cluster = await startRedisCluster({ password: 'secret' })
    onTestFinished(() => cluster.stop())
    const [first, second] = cluster.nodes
    const load = openLoad(openDriver(`redis://:secret@127.0.0.1:${first?.port}?cluster=true`))

    let isOver = false
    const emitting = load.emitUntil(() => isOver)
    await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(5 * BATCH), ACTION_TIMEOUT_MS)
    await second?.restart()
    const { written } = load.notifier.stats
    await vi.waitFor(() => expect(load.notifier.stats.written).toBeGreaterThan(written + 5 * BATCH), ACTION_TIMEOUT_MS)
    isOver = true
    await emitting
    await load.notifier.flush(ACTION_TIMEOUT_MS)

    expect(load.errors.length).toBeGreaterThan(0)
    load.expectBalance((await Promise.all(cluster.nodes.map(storedPoints))).flat())
  })

  it('follows a slot to another node, even while the slot is moving', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.stop())
    const driver = openDriver(cluster.url)
    onTestFinished(() => driver.close())
    const trace = makeTrace(4)
    const key = `osprofiler_opt:${trace[0]?.base_id}`
    const slot = (await cluster.nodes[0]?.command('CLUSTER', 'KEYSLOT', key))?.trim() ?? ''
    const owner = cluster.nodes.findIndex((_, index) => Number(slot) < Math.floor(((index + 1) * 16_384) / 3))
    const [from, to] = [cluster.nodes[owner], cluster.nodes[(owner + 1) % 3]]
    const [fromId = '', toId = ''] = await Promise.all([from, to].map(node => node?.command('CLUSTER', 'MYID')))
    await driver.write([makeRecord()])

    await to?.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId.trim())
    await from?.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId.trim())
    await driver.write(trace.slice(0, 2))
    for (const node of [to, from]) await node?.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId.trim())
    await driver.write(trace.slice(2))

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await storedPoints(to ?? { url: '' })).toEqual(expect.arrayContaining(trace.map(({ trace_id }) => trace_id)))
  })
})
