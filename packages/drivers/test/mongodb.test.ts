import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver } from '@osprofiler/core'
import { type DriverOptions, openDriver } from '@osprofiler/drivers'
import { BSON, MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { finish, startFixture } from './child.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { refusalOf } from './refusal-of.js'
import { type MongodbStandIn, startMongodb } from './stand-ins/mongodb.js'

const credentials = { username: 'tracer', password: 'p@ss:word/é' }
let server: MongodbStandIn

beforeAll(async () => {
  server = await startMongodb()
})
beforeEach(() => {
  for (const name of ['profiler', 'profiler_error']) server.database.collection(`osprofiler.${name}`).clear()
})
afterEach(() => {
  server.intercept = undefined
})
afterAll(() => server.kill())

const storeUrl = () => `mongodb://127.0.0.1:${server.port}`

describe('mongodb://', () => {
  it("keeps records in the layout of Python's driver, with info as an object", async () => {
    const driver = open(storeUrl())
    const record = makeRecord({
      info: { host: 'web-1', db: { statement: 'SELECT 1', params: [1, 2.5, 1_700_000_000_000] } },
    })

    await driver.write([record])

    const [document] = await find('profiler')
    const { _id, ...members } = document ?? {}
    expect(_id).toBeInstanceOf(BSON.ObjectId)
    expect(members).toEqual(record)
  })

  it('keeps integers as integers, so that Python shows them as integers', async () => {
    await open(storeUrl()).write([makeRecord({ info: { small: 7, large: 1_700_000_000_000, text: '[1700000000000' } })])

    const [raw] = server.database.collection('osprofiler.profiler').find({}, {})
    const { info } = BSON.deserialize(raw ?? Buffer.alloc(0), { promoteValues: false })
    expect(info.small._bsontype).toBe('Int32')
    expect(info.large._bsontype).toBe('Long')
  })

  it('keeps an exact copy of info that MongoDB would change, in addition to a searchable copy', async () => {
    const driver = open(storeUrl())
    const deep = JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`)
    const infos = [
      { $where: 'sleep(1000)', 'a.b': 1, '': 2 },
      { $ref: 'users', $id: 1, $db: 'admin' },
      { nested: { $oid: '000000000000000000000000' }, _bsontype: 'ObjectId' },
      JSON.parse('{"__proto__": {"polluted": true}, "toBSON": 1, "length": -1}'),
      { 'nul\0key': 'nul\0value', half: '\ud800', '\udfff': 1 },
      { deep },
    ]
    const trace = infos.map(info => makeRecord({ base_id: 'hostile', info }))

    const result = await driver.write(trace)

    expect(result).toEqual({ refused: 0 })
    expect(await readAll(driver, 'hostile')).toEqual(trace)
    const [first] = await find('profiler')
    expect(first?.info).toEqual({ '＄where': 'sleep(1000)', 'a.b': 1, '': 2 })
    expect(JSON.parse(first?.info_json)).toEqual(infos[0])
  })

  it('treats filter values as strings, never as operators', async () => {
    const driver = open(storeUrl())
    const kept = makeRecord({ base_id: 'kept', service: 'shop' })
    await driver.write([kept])

    expect(await readAll(driver, '{"$ne": null}')).toEqual([])
    expect(await driver.deleteTrace?.('{"$gt": ""}')).toBe(0)
    await expect(driver.listTraces?.({ service: { $ne: '' } as never })).rejects.toThrow(TypeError)
    expect(await readAll(driver, 'kept')).toEqual([kept])
  })

  it('refuses a record that is too large for a document, and keeps the rest of the batch', async () => {
    const driver = open(storeUrl())
    const trace = makeTrace(2)

    const result = await driver.write([...trace, makeRecord({ info: { text: 'x'.repeat(16 * 1024 * 1024) } })])

    expect(result).toEqual({ refused: 1, reason: 'A record may be too large for the store.' })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('writes no record twice if the answer to a batch is lost', async () => {
    const driver = open(storeUrl())
    const trace = makeTrace(3)
    server.intercept = command => {
      if (command.name !== 'insert') return undefined
      server.database.answer(command, { authenticated: true, conversation: undefined })
      server.intercept = undefined
      return { ok: 0, code: 91, codeName: 'ShutdownInProgress', errmsg: 'the server is shutting down' }
    }

    await expect(driver.write(trace)).rejects.toMatchObject({ code: 'ERR_STORE' })
    const again = await driver.write(trace)

    expect(again).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('counts records that the server refuses, but rejects the write if the server may accept them later', async () => {
    const driver = open(storeUrl())
    const answers = [
      { n: 1, writeErrors: [{ index: 0, code: 121, errmsg: 'Document failed validation' }], ok: 1 },
      { n: 1, writeErrors: [{ index: 1, code: 11602, errmsg: 'InterruptedDueToReplStateChange' }], ok: 1 },
      { n: 1, writeErrors: [{ index: 0, code: 11000, errmsg: 'E11000 index: trace_id_1 dup key' }], ok: 1 },
    ]
    server.intercept = ({ name }) => (name === 'insert' ? answers.shift() : undefined)

    expect(await driver.write(makeTrace(2))).toEqual({ refused: 1 })
    await expect(driver.write(makeTrace(2))).rejects.toMatchObject({ code: 'ERR_STORE' })
    expect(await driver.write(makeTrace(2))).toEqual({ refused: 1 })
  })

  it('always lists failed traces, but stores notes about them for Python only with filterErrorTrace', async () => {
    const failed = makeRecord({ base_id: 'failed', name: 'wsgi-stop', info: { etype: 'ValueError' } })
    await open(storeUrl()).write([failed, makeRecord({ base_id: 'fine' })])
    const unnoted = await find('profiler_error')
    await open(storeUrl(), { filterErrorTrace: true }).write([
      failed,
      { ...failed, timestamp: '2026-11-22T12:00:00.000000' },
    ])

    expect(unnoted).toEqual([])
    expect((await find('profiler_error')).map(({ _id, ...rest }) => rest)).toEqual([
      { base_id: 'failed', timestamp: '2026-11-22T12:00:00.000000' },
    ])
    expect((await open(storeUrl()).listErrorTraces?.())?.map(({ base_id }) => base_id)).toEqual(['failed'])
  })

  it('makes the server remove old traces with ?ttl=, and keep all traces without this option', async () => {
    await open(`${storeUrl()}/?ttl=1h`).write([makeRecord({ base_id: 'short' })])
    await open(storeUrl()).write([makeRecord({ base_id: 'for ever' })])
    await expect
      .poll(() => server.database.collection('osprofiler.profiler').indexes, { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ key: { expires_at: 1 }, expireAfterSeconds: 0 }))

    server.database.expire(Date.now() + 3_500_000)
    const before = await find('profiler')
    server.database.expire(Date.now() + 3_700_000)

    expect(before).toHaveLength(2)
    expect((await find('profiler')).map(({ base_id }) => base_id)).toEqual(['for ever'])
  })

  it('closes idle connections after a short time, and reopens them when needed', async () => {
    const driver = open(storeUrl())
    await driver.write([makeRecord()])
    const countEnds = () => server.commands.filter(name => name === 'endSessions').length
    const before = countEnds()

    await expect.poll(countEnds, { timeout: 10_000 }).toBeGreaterThan(before)

    expect(await driver.write([makeRecord()])).toEqual({ refused: 0 })
  })

  it('does not keep a program alive, whether the driver was closed or not', async () => {
    const closing = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'close']))
    const waiting = await finish(startFixture('end-naturally.mjs', [storeUrl(), 'await']))

    expect(closing).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
    expect(waiting).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([
    ['mongodb://', 'names no host'],
    ['mongodb://tracer:s3cret@db/?retrywrites=true', 'no option "retrywrites"'],
    ['mongodb://tracer:s3cret@db/?ttl=soon', 'ttl must be'],
    ['mongodb://tracer:s3cret%zz@db', 'hexadecimal'],
    ['mongodb+srv://tracer:s3cret@one,two', 'one host name'],
    ['mongodb+srv://tracer:s3cret@one:27017', 'one host name'],
  ])('says what is wrong with %s, without showing the password', (connectionString, reason) => {
    expect(() => openDriver(connectionString)).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_STRING', message: expect.stringContaining(reason) }),
    )
    expect(refusalOf(connectionString).message).not.toMatch(/s3cret/)
  })
})

describe('mongodb:// with credentials and TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-mongodb-'))
  let secured: MongodbStandIn
  beforeAll(async () => {
    const { certificateFile, keyFile } = await makeCertificate(folder)
    secured = await startMongodb({
      credentials,
      tls: { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
    })
  })
  afterAll(async () => {
    await secured.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const securedUrl = (password: string, options: string) =>
    `mongodb://tracer:${encodeURIComponent(password)}@localhost:${secured.port}/?authSource=admin&${options}`
  const trust = `tls=true&tlsCAFile=${encodeURIComponent(join(folder, 'certificate.pem'))}`

  it('writes and reads records', async () => {
    const driver = open(securedUrl(credentials.password, trust))
    const record = makeRecord()

    await driver.write([record])

    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it.each([
    ['a wrong password', 'wr0ng', trust, 'Authentication failed'],
    ['an untrusted certificate', credentials.password, 'tls=true&serverSelectionTimeoutMS=500', ''],
  ])('rejects a write with ERR_STORE after %s, without showing the password', async (_, password, options, reason) => {
    const driver = open(securedUrl(password, options))

    const error = await driver.write([makeRecord()]).catch(failure => failure)

    expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
    expect(error.message).toContain(reason)
    expect(`${error.message} ${error.cause?.message}`).not.toMatch(/wr0ng|p@ss|p%40ss/)
  })
})

async function find(collection: string): Promise<BSON.Document[]> {
  const client = new MongoClient(storeUrl())
  const found = await client.db('osprofiler').collection(collection).find({}).toArray()
  await client.close()
  return found
}

function open(connectionString: string, options: DriverOptions = {}): Driver {
  const driver = openDriver(connectionString, options)
  onTestFinished(() => driver.close())
  return driver
}
