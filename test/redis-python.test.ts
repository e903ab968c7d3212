import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { osprofiler } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords, toLines } from './cli-records.js'
import { describeForEachPython } from './python/each-python.js'
import { importOnce, readPythonOutput, runPythonCommand } from './python/run-python.js'
import { type RedisServer, startRedis } from './servers/redis.js'

const WRITER = fileURLToPath(new URL('python/redis_store.py', import.meta.url))

importOnce('redis')

let server: RedisServer
let url: string
beforeAll(async () => {
  server = await startRedis({ password: 'secret' })
  url = `${server.url}/2`
})
beforeEach(() => server.command('FLUSHALL'))
afterAll(() => server.stop())

describeForEachPython("redis:// and the driver of Python's OSProfiler", () => {
  it('show the same JSON for a trace from Node', async () => {
    await storeRecords(url, createShopRecords({ text: 'é漢😀 "\\' }))

    const [ours, theirs] = await Promise.all([showWithOsprofiler(), showWithPython()])

    expect(ours).toEqual(theirs)
    expect(theirs).toMatchObject({ info: { name: 'total' }, children: [{ info: { name: 'wsgi' } }] })
  })

  it('show the same JSON for a trace from Python', async () => {
    await writeWithPython(createShopRecords({ text: 'é漢😀 "\\' }))

    const [ours, theirs] = await Promise.all([showWithOsprofiler(), showWithPython()])

    expect(ours).toEqual(theirs)
    expect(theirs).toMatchObject({ info: { name: 'total' }, children: [{ info: { name: 'wsgi' } }] })
  })

  it('show one tree for a trace from Node and Python', async () => {
    const records = createShopRecords()
    await storeRecords(url, records)
    const expected = await showWithOsprofiler()
    await server.command('FLUSHALL')

    await storeRecords(
      url,
      records.filter(({ service }) => service === 'gateway'),
    )
    await writeWithPython(records.filter(({ service }) => service !== 'gateway'))

    expect(await showWithOsprofiler()).toEqual(expected)
    expect(await showWithPython()).toEqual(expected)
  })

  it('store the same keys and the same members', async () => {
    const records = createShopRecords().map(record => ({ ...record, info: { host: 'vm', etype: 'ValueError' } }))
    await writeUntilFailure(`${server.url}/5`, records)
    await writeWithPython(records, `${server.url}/6`, 'filter')

    const [ours, theirs] = await Promise.all([5, 6].map(dump))

    expect(ours).toEqual(theirs)
    expect(Object.keys(ours ?? {})).toEqual([`osprofiler_error:${SHOP_TRACE}`, `osprofiler_opt:${SHOP_TRACE}`])
  })

  it('list the same traces and the same failed traces', async () => {
    const [first, second, failed, theirFailed] = Array.from({ length: 4 }, () => randomUUID())
    const failing = (baseId = '') =>
      createShopRecords({ baseId }).map(record => ({ ...record, info: { ...record.info, etype: 'E', message: 'no' } }))
    await writeUntilFailure(url, [...createShopRecords({ baseId: first ?? '' }), ...failing(failed)])
    await writeWithPython([...createShopRecords({ baseId: second ?? '' }), ...failing(theirFailed)], url, 'filter')

    const both = async (...args: string[]) => [
      readIds((await osprofiler(['trace', 'list', ...args, '--connection-string', url])).stdout),
      readIds(
        await runPythonCommand(['trace', 'list', ...args.flatMap(arg => [arg, 'True']), '--connection-string', url]),
      ),
    ]
    const [ours, theirs] = await both()
    const [ourFailed, theirFailures] = await both('--error-trace')

    expect(ours).toEqual(new Set([first, second, failed, theirFailed]))
    expect(theirs).toEqual(ours)
    expect(ourFailed).toEqual(new Set([failed, theirFailed]))
    expect(theirFailures).toEqual(ourFailed)
  })

  it("read the keys that earlier versions of Python's driver wrote", async () => {
    const records = createShopRecords()
    for (const record of records) {
      const key = `osprofiler:${record.base_id}${record.trace_id}${record.timestamp}`
      await server.command('-n', '2', 'SET', key, JSON.stringify(record))
    }

    const [ours, theirs] = await Promise.all([showWithOsprofiler(), showWithPython()])

    expect(ours).toEqual(theirs)
    const driver = openDriver(url)
    onTestFinished(() => driver.close())
    expect(await driver.listTraces?.()).toMatchObject([{ base_id: SHOP_TRACE, name: 'wsgi', records: records.length }])
    expect(await driver.deleteTrace?.(SHOP_TRACE.slice(0, -1))).toBe(0)
    expect(await driver.deleteTrace?.(SHOP_TRACE)).toBe(records.length)
    expect((await server.command('-n', '2', 'DBSIZE')).trim()).toBe('0')
  })
})

async function showWithOsprofiler(): Promise<unknown> {
  const { stdout } = await osprofiler(['trace', 'show', SHOP_TRACE, '--json', '--connection-string', url])
  return withoutOwnKeys(JSON.parse(stdout))
}

async function showWithPython(): Promise<unknown> {
  return withoutOwnKeys(
    JSON.parse(await runPythonCommand(['trace', 'show', SHOP_TRACE, '--json', '--connection-string', url])),
  )
}

async function writeUntilFailure(to: string, records: readonly TraceRecord[]): Promise<void> {
  const driver = openDriver(to, { filterErrorTrace: true })
  await driver.write(records)
  await driver.close()
}

/** Returns every key of a database with its value, in a form that JSON can represent. */
async function dump(db: number): Promise<Record<string, unknown>> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(`${server.url}/${db}`)
  const keys = (await redis.keys('*')).sort()
  const values = await Promise.all(
    keys.map(async key => ((await redis.type(key)) === 'list' ? redis.lrange(key, 0, -1) : redis.get(key))),
  )
  redis.disconnect()
  return Object.fromEntries(keys.map((key, index) => [key, [values[index]].flat().map(text => JSON.parse(text ?? ''))]))
}

function readIds(text: string): Set<string> {
  return new Set(text.match(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g))
}

async function writeWithPython(records: readonly TraceRecord[], to = url, ...more: readonly string[]): Promise<void> {
  await readPythonOutput([WRITER, to, ...more], { input: toLines(records) })
}
