import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import { type CeilometerStandIn, startCeilometerStandIn } from './ceilometer-stand-in.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'

/** The parts of a Ceilometer server that the tests use. */
interface Ceilometer {
  readonly connectionString: string
  put(records: readonly TraceRecord[]): Promise<void>
}

describeCeilometer('a stand-in server', async () => {
  const standIn = await startCeilometerStandIn()
  return {
    connectionString: `ceilometer://t0ken@127.0.0.1:${standIn.port}`,
    async put(records) {
      standIn.hold(records)
    },
  }
})

// The tests also run against a real Ceilometer if these variables are set. The second variable contains the connection
// string of the messaging:// store from which Ceilometer's agent takes notifications.
const { OSPROFILER_TEST_CEILOMETER_URL: url, OSPROFILER_TEST_CEILOMETER_MESSAGING_URL: source } = process.env
if (url !== undefined && source !== undefined) {
  describeCeilometer('a real server', async () => ({
    connectionString: url,
    async put(records) {
      const [reader, writer] = [open(url), open(source)]
      await writer.write(records)
      const ids = [...new Set(records.map(({ base_id }) => base_id))]
      const count = async () => (await Promise.all(ids.map(id => readAll(reader, id)))).flat().length
      await expect.poll(count, { timeout: 20_000 }).toBe(records.length)
    },
  }))
}

function describeCeilometer(which: string, start: () => Promise<Ceilometer>): void {
  describe(`ceilometer:// with ${which}`, () => {
    it('returns all records of one trace, oldest first, and no records of other traces', async () => {
      const { connectionString, put } = await start()
      const driver = open(connectionString)
      const [one, other] = [makeTrace(6), makeTrace(4)]

      await put([...one, ...other])

      expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual(one)
      expect(await readAll(driver, randomUUID())).toEqual([])
    })

    it('yields a long trace in several batches', async () => {
      const { connectionString, put } = await start()
      const trace = makeTrace(1_200)
      await put(trace)

      const batches: (readonly TraceRecord[])[] = []
      const read = open(connectionString).readRecords?.(trace[0]?.base_id ?? '')
      for await (const batch of read ?? []) batches.push(batch)

      expect(batches.map(({ length }) => length)).toEqual([500, 500, 200])
      expect(batches.flat()).toEqual(trace)
    })

    it('treats an id only as an id, never as part of a query', async () => {
      const { connectionString, put } = await start()
      const driver = open(connectionString)
      const ids = ['*', '%', '../../x', "' OR 1=1 --", 'a&q.value=b', '\u001b[2J', '__proto__', 'é😀']
      const records = ids.map(id => makeRecord({ base_id: `${id} ${randomUUID()}` }))

      await put(records)

      for (const record of records) expect(await readAll(driver, record.base_id)).toEqual([record])
      for (const id of ids) expect(await readAll(driver, id)).toEqual([])
    })

    it('refuses to write', async () => {
      const { connectionString } = await start()

      const writing = open(connectionString).write([makeRecord()])

      await expect(writing).rejects.toMatchObject({ code: 'ERR_WRITE_REFUSED' })
    })
  })
}

describe('ceilometer://', () => {
  it('builds records from the traits of events if Ceilometer does not keep the raw notifications', async () => {
    const standIn = await startCeilometerStandIn()
    const query = makeRecord({ info: { host: 'web-1', db: { statement: 'SELECT 1', params: null }, rows: 7 } })
    const request = makeRecord({ base_id: query.base_id })
    standIn.hold([query, request], { raw: false })

    const found = await readAll(openStandIn(standIn), query.base_id)

    const { rows, ...info } = query.info
    expect(rows).toBe(7)
    expect(found).toEqual([{ ...query, info }, request])
  })

  it("uses the endpoint and the token from OpenStack's environment variables", async () => {
    const standIn = await startCeilometerStandIn()
    const record = makeRecord()
    standIn.hold([record])
    stubEnvironment({ CEILOMETER_URL: `http://127.0.0.1:${standIn.port}/`, OS_AUTH_TOKEN: 't0ken' })

    expect(await readAll(open('ceilometer://'), record.base_id)).toEqual([record])
  })

  it('gets the endpoint and the token from Keystone', async () => {
    const standIn = await startCeilometerStandIn()
    const record = makeRecord()
    standIn.hold([record])
    stubEnvironment({
      OS_AUTH_URL: `http://127.0.0.1:${standIn.port}/v3`,
      OS_USERNAME: 'demo',
      OS_PASSWORD: 'p4ssword',
      OS_PROJECT_NAME: 'demo',
    })
    const driver = open('ceilometer://')

    expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(standIn.requests.filter(({ url }) => url === '/v3/auth/tokens')).toHaveLength(1)
  })

  it('describes a failure without showing the token or the password', async () => {
    const standIn = await startCeilometerStandIn()
    const bad = `ceilometer://s3cret@127.0.0.1:${standIn.port}`
    const cases: [string, RegExp][] = [
      [bad, /refused the token.*401/],
      [`ceilometer://s3cret@127.0.0.1:${await findFreePort()}`, /ECONNREFUSED/],
      ['ceilometer://', /CEILOMETER_URL/],
    ]
    stubEnvironment({ OS_PASSWORD: 's3cret' })

    for (const [string, message] of cases) {
      const error: unknown = await readAll(open(string), 'x').catch(reason => reason)

      expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
      expect(`${String(error)} ${String((error as Error).stack)}`).not.toContain('s3cret')
    }
  })

  it.each([
    ['a 500 response', { status: 500 }, /answered 500/],
    [
      'a redirect, whose target would receive the token',
      { status: 302, headers: { location: 'http://127.0.0.1:1' } },
      /./,
    ],
    ['a response that is not JSON', { body: '<html>' }, /did not answer with a list of events/],
    ['a response that is not a list', { body: '{"error": 1}' }, /did not answer with a list of events/],
  ])('rejects a read with ERR_STORE if the server sends %s', async (_, answer, message) => {
    const standIn = await startCeilometerStandIn()
    standIn.answer(answer)

    const reading = readAll(openStandIn(standIn), 'x')

    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
  })

  it('stops waiting for a silent server after the timeout in the connection string', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    const reading = readAll(open(`ceilometer://127.0.0.1:${port}?timeout=0.2`), 'x')

    await expect(reading).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: 'Ceilometer cannot be reached: no answer came in 0.2 s.',
    })
  })

  it('ignores events from other programs and of other traces', async () => {
    const standIn = await startCeilometerStandIn()
    const foreign = [null, 7, [], {}, { traits: {} }, { traits: [null, { name: 'base_id', value: 'x' }] }]
    const other = { raw: { payload: makeRecord({ base_id: 'other' }) } }
    const known = { raw: { payload: { base_id: 'x', name: 'db-start' } }, traits: 'none' }
    standIn.answer({ body: JSON.stringify([...foreign, other, known]) })

    const found = await readAll(openStandIn(standIn), 'x')

    expect(found).toMatchObject([{ base_id: 'x', name: 'db-start', service: '' }])
  })

  it.each([
    'ceilometer://a,b',
    'ceilometer://s3cret@host:port',
    'ceilometer://host?limit=1',
    'ceilometer://host?timeout=x',
  ])('refuses the connection string %j', string => {
    expect(() => openDriver(string)).toThrow(expect.objectContaining({ code: 'ERR_CONNECTION_STRING' }))
  })

  it('rejects calls with ERR_STORE after it was closed', async () => {
    const driver = openDriver('ceilometer://localhost')

    await driver.close()

    await expect(readAll(driver, 'x')).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(driver.write([])).rejects.toMatchObject({ code: 'ERR_STORE' })
  })
})

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString)
  onTestFinished(() => driver.close())
  return driver
}

function openStandIn({ port }: CeilometerStandIn): Driver {
  return open(`ceilometer://t0ken@127.0.0.1:${port}`)
}

function stubEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}
