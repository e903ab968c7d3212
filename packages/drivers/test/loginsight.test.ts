import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../../test/servers/proxy.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { refusalOf } from './refusal-of.js'
import { type LogInsightStandIn, startLogInsight } from './stand-ins/loginsight.js'
import { toLoginsightUrl } from './stand-ins/loginsight-url.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-loginsight-'))
let server: LogInsightStandIn

beforeAll(async () => {
  server = await startLogInsight(folder)
})
beforeEach(() => {
  server.events.length = 0
})
afterEach(() => {
  server.intercept = undefined
})
afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('loginsight://', () => {
  it('keeps a trace in a real Log Insight if one is configured, or else in the stand-in', async () => {
    const driver = open(process.env.OSPROFILER_TEST_LOGINSIGHT_URL ?? toLoginsightUrl(server))
    const trace = makeTrace(3)

    await driver.write(trace)

    await expect.poll(() => readAll(driver, trace[0]?.base_id ?? ''), { timeout: 20_000 }).toEqual(trace)
  })

  it("sends events in the layout of Python's driver", async () => {
    const record = makeRecord()

    await open(toLoginsightUrl(server)).write([record])

    const { base_id, trace_id, project, service, name } = record
    const [{ text, fields } = { text: '', fields: [] }] = server.events
    expect(text).toBe('OSProfiler trace')
    expect(Object.fromEntries(fields.map(field => [field.name, field.content]))).toEqual({
      ...{ base_id, trace_id, project, service, name },
      trace: JSON.stringify(record),
    })
  })

  it('sends at most 500 events and 4 MB at once', async () => {
    const driver = open(toLoginsightUrl(server))
    const trace = makeTrace(1_200)
    const large = makeTrace(9, { info: { text: 'é'.repeat(400_000) } })

    const result = await driver.write([...trace, ...large])

    expect(result).toEqual({ refused: 0 })
    expect(server.events).toHaveLength(1_209)
  })

  it('refuses a record that is too large for any request', async () => {
    const driver = open(toLoginsightUrl(server))
    const record = makeRecord()

    const result = await driver.write([record, makeRecord({ info: { text: 'x'.repeat(4_000_000) } })])

    expect(result).toEqual({ refused: 1, reason: 'A record may be too large for the store.' })
    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it('keeps half a surrogate pair in a parent id, because the parent id is not a separate field', async () => {
    const driver = open(toLoginsightUrl(server))
    const record = makeRecord({ parent_id: 'x\udfff' })

    const result = await driver.write([record])

    expect(result).toEqual({ refused: 0 })
    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it('counts the one event that the server refuses, and keeps the other events', async () => {
    const driver = open(toLoginsightUrl(server))
    const trace = makeTrace(5)
    server.intercept = (_, path, body) =>
      path.includes('/ingest/') && body.includes('unloved') ? { status: 400, body: {} } : undefined

    const result = await driver.write([...trace, makeRecord({ service: 'unloved' })])

    expect(result).toEqual({ refused: 1 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('resumes a retried batch after the events that the server has accepted', async () => {
    const driver = open(toLoginsightUrl(server))
    const trace = makeTrace(1_000)
    let requests = 0
    server.intercept = (_, path) => {
      if (!path.includes('/ingest/')) return undefined
      requests++
      return requests === 2 ? { status: 503, body: {} } : undefined
    }

    await expect(driver.write(trace)).rejects.toMatchObject({ code: 'ERR_STORE' })
    const again = await driver.write(trace)

    expect(again).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('does not resend events that the server may have accepted', async () => {
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    const driver = open(toLoginsightUrl(server, proxy))
    await driver.write([makeRecord()])

    proxy.cutAfter(300)

    await expect(driver.write(makeTrace(10))).rejects.toMatchObject({ code: 'ERR_WRITE_UNCERTAIN' })
  })

  it('logs in again after the session has expired', async () => {
    const driver = open(toLoginsightUrl(server))
    const trace = makeTrace(2)
    await driver.write(trace.slice(0, 1))

    server.endSessions()
    await driver.write(trace.slice(1))
    server.endSessions()

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('reads only the records with the exact id, not records whose ids contain the same words', async () => {
    const driver = open(toLoginsightUrl(server))
    const record = makeRecord({ base_id: 'a-b' })

    await driver.write([record, makeRecord({ base_id: 'A-B' }), makeRecord({ base_id: 'x a-b y' })])

    expect(await readAll(driver, 'a-b')).toEqual([record])
  })

  it('reads a trace with more than the 20,000 events that fit into one response', async () => {
    const driver = open(toLoginsightUrl(server))
    const trace = makeTrace(20_500)
    await driver.write(trace)
    // Sets the times as if the events had arrived one by one, seven in each millisecond.
    for (const [index, event] of server.events.entries()) Object.assign(event, { timestamp: Math.floor(index / 7) })

    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    expect(await driver.listTraces?.()).toMatchObject([{ records: 20_500 }])
  })

  it.each([
    ['a partial response', { status: 200, body: { complete: false, events: [] } }, 'returned a partial answer'],
    ['a 500 response', { status: 500, body: { errorMessage: 's3cret' } }, '500'],
  ])('rejects a read with ERR_STORE if the server sends %s', async (_, answer, reason) => {
    const driver = open(toLoginsightUrl(server))
    server.intercept = method => (method === 'GET' ? answer : undefined)

    await expect(readAll(driver, 'trace')).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining(reason),
    })
  })

  it.each([
    ['a wrong password', (url: string) => url.replace('p%40ss', 'wr0ng'), '401'],
    ['an untrusted certificate', (url: string) => url.replace(/\?.*/, ''), 'certificate'],
  ])('rejects a write with ERR_STORE after %s, without showing the password', async (_, change, reason) => {
    const driver = open(change(toLoginsightUrl(server)))

    const error = await driver.write([makeRecord()]).catch(failure => failure)

    expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining(reason) })
    expect(`${error.message} ${error.cause?.message}`).not.toMatch(/wr0ng|p@ss|p%40ss/)
  })

  it('accepts any certificate with ?insecure=true, as Python does', async () => {
    const driver = open(toLoginsightUrl(server).replace(/\?.*/, '?insecure=true'))

    expect(await driver.write([makeRecord()])).toEqual({ refused: 0 })
  })

  it.each([
    ['', 'names no host'],
    ['db', 'a user and a password'],
    ['tracer@db', 'a user and a password'],
    ['tracer:s3cret@one,two', 'one host'],
    ['tracer:s3cret@db/?insecure=yes', 'true or false'],
    ['tracer:s3cret@db/?ca=/nowhere', 'cannot be read'],
    ['tracer:s3cret@db/?ttl=7d', 'no option "ttl"'],
  ])('says what is wrong with "loginsight://%s", without showing the password', (location, reason) => {
    const { message } = refusalOf(`loginsight://${location}`)

    expect(message).toContain(reason)
    expect(message).not.toContain('s3cret')
  })
})

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString)
  onTestFinished(() => driver.close())
  return driver
}
