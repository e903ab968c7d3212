import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { makeDirectory, osprofiler } from './cli-process.js'
import { SHOP_TRACE, storeRecords } from './cli-records.js'
import { compact, createExoticRecords, EXOTIC_VALUES, toExactText } from './exotic-values.js'
import { importOnce, readPythonOutput, runPythonCommand } from './python/run-python.js'
import { type RedisServer, startRedis } from './servers/redis.js'

const TRACER = fileURLToPath(new URL('python/nan_params.py', import.meta.url))

importOnce('redis', 'osprofiler.sqlalchemy', 'sqlalchemy.dialects.sqlite')

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
beforeEach(() => server.command('FLUSHALL'))
afterAll(() => server.stop())

describe('a trace with NaN, Infinity and large integers from Python', () => {
  it("has the same records in osprofiler as in Python's command", async () => {
    const baseId = await traceInPython()

    const ours = await show(baseId, '--json')
    const theirs = await showInPython(baseId)

    expect(ours).toMatchObject({ code: 0, stderr: '' })
    expect(compact(ours.stdout, withoutOwnKeys)).toBe(compact(theirs, withoutOwnKeys))
    for (const value of ['NaN', 'Infinity', '9007199254740993', '1.0', '1e-07', '1e+16', '12345678901234567890123']) {
      expect(splitTokens(ours.stdout)).toContain(value)
    }
  })

  it('is listed and removed together with other traces', async () => {
    const baseId = await traceInPython()
    const driver = openDriver(server.url)
    onTestFinished(() => driver.close())

    const listed = await osprofiler(['trace', 'list', '--connection-string', server.url])
    const pruned = await driver.pruneTraces?.(new Date(Date.now() + 60_000))

    expect(listed.stdout).toContain(baseId)
    expect(pruned).toBe(1)
    expect((await server.command('DBSIZE')).trim()).toBe('0')
  })

  it("is read from a file that Python's command wrote", async () => {
    const baseId = await traceInPython()
    const file = join(makeDirectory(), 'trace.json')
    writeFileSync(file, await showInPython(baseId))

    const fromFile = await osprofiler(['trace', 'show', file, '--json'])
    const fromStore = await show(baseId, '--json')

    expect(fromFile).toMatchObject({ code: 0, stderr: '' })
    expect(compact(fromFile.stdout)).toBe(compact(fromStore.stdout))
  })

  it.each(['--json', '--html', '--export perfetto', '--export speedscope', '--export otlp'])(
    'is the same after it was written with %s and read back',
    async format => {
      await storeRecords(server.url, createExoticRecords())
      const file = join(makeDirectory(), 'trace')

      await show(SHOP_TRACE, ...format.split(' '), '--out', file)
      const [again, stored] = await Promise.all([
        osprofiler(['trace', 'show', file, '--json']),
        show(SHOP_TRACE, '--json'),
      ])

      expect(again).toMatchObject({ code: 0, stderr: '', stdout: stored.stdout })
      expect(compact(stored.stdout)).toContain(compact(`[${EXOTIC_VALUES.join()}]`))
    },
  )

  it.each(['perfetto', 'speedscope', 'otlp'])('is exported as valid JSON for %s', async target => {
    await storeRecords(server.url, createExoticRecords())

    const { stdout } = await show(SHOP_TRACE, '--export', target)

    expect(() => JSON.parse(stdout)).not.toThrow()
  })

  it('is drawn, filtered and compared like any other trace', async () => {
    await storeRecords(server.url, createExoticRecords())
    const file = join(makeDirectory(), 'trace.json')
    await show(SHOP_TRACE, '--json', '--out', file)

    const [drawn, dot, filtered, compared] = await Promise.all([
      show(SHOP_TRACE),
      show(SHOP_TRACE, '--dot'),
      show(SHOP_TRACE, '--filter', 'items'),
      osprofiler(['trace', 'diff', file, file]),
    ])

    expect(drawn).toMatchObject({ code: 0, stderr: '' })
    expect(drawn.stdout).toContain('GET /orders/7 503')
    expect(drawn.stdout).not.toContain('[object')
    for (const outcome of [dot, filtered, compared]) expect(outcome).toMatchObject({ code: 0, stderr: '' })
  })

  it('passes through every store unchanged', async () => {
    const folder = makeDirectory()
    const records = createExoticRecords()

    for (const store of [server.url, `sqlite:///${folder}/t.db`, `file:///${folder}/files`]) {
      await storeRecords(store, records)
      expect([store, toExactText(await readRecords(store))]).toEqual([store, toExactText(records)])
    }
  })
})

describe('a Redis entry that is not JSON', () => {
  it('is counted, and hides neither other records of its trace nor other traces', async () => {
    const records = createExoticRecords()
    const key = `osprofiler_opt:${SHOP_TRACE}`
    await server.command('RPUSH', key, '{"name": "wsgi-start", "base_id": ')
    await storeRecords(server.url, records)
    await server.command('LPUSH', key, 'not a record')

    const shown = await show(SHOP_TRACE, '--json')
    const listed = await osprofiler(['trace', 'list', '--connection-string', server.url])
    const driver = openDriver(server.url)
    onTestFinished(() => driver.close())

    expect(shown.code).toBe(0)
    expect(shown.stderr).toBe('2 entries of this trace are left out because they hold no readable records.\n')
    expect(listed.stdout).toContain(SHOP_TRACE)
    expect(await driver.listTraces?.()).toMatchObject([{ base_id: SHOP_TRACE, records: records.length }])
    expect(await driver.pruneTraces?.(new Date())).toBe(1)
  })

  it('is reported if its trace has no other records', async () => {
    await server.command('RPUSH', 'osprofiler_opt:broken', '{"name": NaN')

    const { code, stdout, stderr } = await show('broken')

    expect(code).toBe(1)
    expect(stdout + stderr).toContain('The store has 1 entry of trace broken, which is not a readable record.')
  })
})

async function traceInPython(): Promise<string> {
  return (await readPythonOutput([TRACER, server.url])).trim()
}

function showInPython(baseId: string): Promise<string> {
  return runPythonCommand(['trace', 'show', baseId, '--json', '--connection-string', server.url])
}

function show(baseId: string, ...args: readonly string[]) {
  return osprofiler(['trace', 'show', baseId, ...args, '--connection-string', server.url])
}

/** Returns the numbers and words of a JSON text, but not its strings. */
function splitTokens(json: string): string[] {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?(?:Infinity|NaN|\d[\d.]*(?:e[-+]?\d+)?)/g) ?? []
}

async function readRecords(store: string): Promise<readonly TraceRecord[]> {
  const driver = openDriver(store)
  const records: TraceRecord[] = []
  for await (const batch of driver.readRecords?.(SHOP_TRACE) ?? []) records.push(...batch)
  await driver.close()
  return records
}
