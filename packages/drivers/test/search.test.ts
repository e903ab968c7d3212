import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver } from '@osprofiler/core'
import { type DriverOptions, openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { startProxy } from '../../../test/servers/proxy.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { refusalOf } from './refusal-of.js'
import { readRecords } from './search-faults.js'
import { toBasic } from './search-store.js'
import { type SearchStandIn, type SearchStandInOptions, startSearch } from './stand-ins/search.js'

const RECORDS = 'osprofiler-notifications'
const FAILURES = 'osprofiler-notifications-error'

describe.each(['elasticsearch', 'opensearch'] as const)('%s://', product => {
  let server: SearchStandIn
  beforeAll(async () => {
    server = await startSearch({ product })
  })
  beforeEach(() => {
    server.cluster.deleteAll()
    server.requests.length = 0
  })
  afterEach(() => {
    server.intercept = undefined
  })
  afterAll(() => server.kill())

  const storeUrl = () => `${product}://127.0.0.1:${server.port}`

  it('sends a batch as one request', async () => {
    const driver = open(storeUrl())
    await driver.write(makeTrace(2))
    server.requests.length = 0

    await driver.write(makeTrace(500))

    expect(server.requests).toEqual(['POST /_bulk'])
  })

  it('makes an index that keeps info without looking into it, however many members it has', async () => {
    const driver = open(storeUrl())
    const keys = Array.from({ length: 1_500 }, (_, index) => [`key ${index}`, index])
    const infos = [
      Object.fromEntries(keys),
      { etype: { an: 'object' }, '.': 1, '': 2, 'a..b': 3, $where: 'x' },
      { response: 'text', deep: JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`), long: 'é'.repeat(40_000) },
      JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}'),
    ]
    const trace = infos.map(info => makeRecord({ base_id: 'hostile', info }))

    const result = await driver.write(trace)

    expect(result).toEqual({ refused: 0 })
    expect(await readAll(driver, 'hostile')).toEqual(trace)
    expect(Object.keys(server.cluster.index(RECORDS).mapping.properties ?? {})).toHaveLength(9)
  })

  it('works on an index that Python made, whose ids are texts of words', async () => {
    server.cluster.answer('POST', `/${RECORDS}/_doc`, JSON.stringify(makeRecord({ base_id: 'other' })), undefined)
    const driver = open(storeUrl())
    const trace = makeTrace(3, { base_id: 'a-b' })
    await driver.write([
      ...trace,
      makeRecord({ base_id: 'a' }),
      makeRecord({ base_id: 'A-B' }),
      makeRecord({ base_id: 'b' }),
    ])
    await driver.write([makeRecord({ base_id: 'failed', info: { etype: 'KeyError' } })])

    expect(await readAll(driver, 'a-b')).toHaveLength(3)
    expect((await driver.listTraces?.())?.find(({ base_id }) => base_id === 'a-b')).toMatchObject({ records: 3 })
    expect((await driver.listErrorTraces?.())?.map(({ base_id }) => base_id)).toEqual(['failed'])
    expect(await driver.deleteTrace?.('a')).toBe(1)
    expect(await driver.deleteTrace?.('b')).toBe(1)
    expect(await driver.pruneTraces?.(new Date('2030-01-01'))).toBe(4)
    expect(server.cluster.index(RECORDS).mapping.properties?.base_id?.type).toBe('text')
  })

  it('counts what an index that looks into info refuses, and keeps the rest of the batch', async () => {
    server.cluster.answer('POST', `/${RECORDS}/_doc`, JSON.stringify(makeRecord({ info: { rows: 1 } })), undefined)
    const driver = open(storeUrl())
    const info = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`key ${index}`, index]))
    const good = makeRecord({ info: { rows: 2 } })

    const result = await driver.write([makeRecord({ info: { rows: { not: 'a number' } } }), good, makeRecord({ info })])

    expect(result).toEqual({ refused: 2 })
    expect(await readAll(driver, good.base_id)).toEqual([good])
  })

  it('refuses an id for which an index has no room, and keeps long names', async () => {
    const driver = open(storeUrl())
    const long = makeRecord({ base_id: 'long', name: 'n'.repeat(40_000) })

    const result = await driver.write([makeRecord({ base_id: 'x'.repeat(32_767) }), long])

    expect(result).toEqual({ refused: 1 })
    expect(await readAll(driver, 'long')).toEqual([long])
  })

  it('says which server gave a reader no answer in time, and no password', async () => {
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.stop())
    proxy.delay(60_000)
    const driver = openDriver(`${product}://tracer:s3cret@127.0.0.1:${proxy.port}/?timeout=0.5`)

    for (const read of [() => driver.listTraces?.(), () => readAll(driver, 'x'), () => driver.deleteTrace?.('x')]) {
      const error: unknown = await Promise.resolve(read()).catch(reason => reason)

      const message = expect.stringContaining(`"127.0.0.1:${proxy.port}"`)
      expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE', message })
      expect(String(error)).toMatch(/no answer in time; see timeout/)
      expect(String(error)).not.toContain('s3cret')
    }
  })

  it('writes nothing twice when a part of a batch was held up, and counts the refused once', async () => {
    const driver = open(storeUrl())
    const trace = makeTrace(5)
    const unfit = makeRecord({ base_id: 'x'.repeat(32_767) })
    const batch = [...trace, unfit]
    await driver.write([makeRecord()])
    server.intercept = (method, path, body) => {
      if (path !== '/_bulk') return undefined
      server.intercept = undefined
      const lines = body.split('\n')
      const answer = server.cluster.answer(method, path, `${lines.slice(0, 4).join('\n')}\n`, undefined)
      const { items } = answer.content as { readonly items: object[] }
      const busy = { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue capacity' } }
      const rest = Array.from({ length: 4 }, () => ({ create: { _index: RECORDS, ...busy } }))
      return { status: 200, content: { errors: true, items: [...items, ...rest] } }
    }

    await expect(driver.write(batch)).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('429 es_rejected_execution_exception'),
    })
    const again = await driver.write(batch)

    expect(again).toEqual({ refused: 1 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it.each([413, 400])(
    'cuts a batch that is answered with %i as a whole, down to the record that is refused',
    async status => {
      const driver = open(storeUrl())
      const trace = makeTrace(6)
      server.intercept = (_, path, body) =>
        path === '/_bulk' && (body.length > 2_000 || body.includes('too large')) ? { status, content: {} } : undefined

      const result = await driver.write([...trace, makeRecord({ info: { text: 'too large' } })])

      expect(result).toEqual({ refused: 1 })
      expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    },
  )

  it('ends every search that it has begun, also for a reader who stops early', async () => {
    const driver = open(storeUrl())
    const trace = makeTrace(1_700)
    await driver.write(trace)

    for await (const _ of driver.readRecords?.(trace[0]?.base_id ?? '') ?? []) break
    await readAll(driver, trace[0]?.base_id ?? '')
    await driver.listTraces?.({ limit: 1 })

    expect(server.cluster.openScrolls).toBe(0)
  })

  it('notes failed traces for Python where it is told to, and lists them in any case', async () => {
    const failed = makeRecord({ base_id: 'failed', info: { response: { status_code: 503 } } })
    await open(storeUrl()).write([failed, makeRecord()])
    const unnoted = server.requests.filter(request => request.includes(FAILURES))
    const noting = open(storeUrl(), { filterErrorTrace: true })
    await noting.write([failed, makeRecord()])

    expect(unnoted).toEqual([])
    expect((await noting.listErrorTraces?.())?.map(({ base_id, records }) => [base_id, records])).toEqual([
      ['failed', 2],
    ])
    expect(
      server.cluster
        .index(FAILURES)
        .search({}, false)
        .hits.map(({ _source }) => _source),
    ).toEqual([{ base_id: 'failed', timestamp: failed.timestamp }])
  })

  it('removes with ?ttl= the traces of which nothing is younger, and without it nothing', async () => {
    const old = makeRecord({ base_id: 'old', timestamp: '2020-01-01T00:00:00.000000' })
    const young = makeRecord({ base_id: 'young', timestamp: `${new Date().toISOString().slice(0, -1)}000` })
    await open(storeUrl()).write([old, young])
    expect(readRecords(server)).toHaveLength(2)

    await open(`${storeUrl()}/?ttl=1h`).write([makeRecord({ base_id: 'young', timestamp: young.timestamp })])

    await expect
      .poll(() => readRecords(server).map(({ base_id }) => base_id), { timeout: 10_000 })
      .toEqual(['young', 'young'])
  })

  it('works with as little as it is allowed: to write and to read', async () => {
    const driver = open(storeUrl())
    await driver.write([makeRecord()])
    const forbidden = /_refresh$|_refresh\?|^\/osprofiler-notifications$/
    const other = open(storeUrl())
    const record = makeRecord()
    server.intercept = (_, path) =>
      forbidden.test(path)
        ? { status: 403, content: { error: { type: 'security_exception' }, status: 403 } }
        : undefined

    await other.write([record])

    await expect.poll(() => readAll(other, record.base_id), { timeout: 10_000 }).toEqual([record])
  })

  it('rejects with ERR_STORE where something else answers', async () => {
    server.intercept = () => ({ status: 500, content: { error: 'it has secrets: s3cret' } })
    const error = await open(storeUrl())
      .listTraces?.()
      .catch(failure => failure)

    expect(error).toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
    expect(`${error.message} ${error.cause?.message}`).not.toContain('s3cret')
  })

  it.each([
    ['', 'names no host'],
    ['tracer:s3cret@db/?refresh=1', 'no option "refresh"'],
    ['tracer:s3cret@db/?ttl=soon', 'ttl says'],
    ['tracer:s3cret@db/?timeout=never', 'timeout is'],
    ['tracer:s3cret@db/?timeout=0', 'timeout is'],
    ['tracer:s3cret@db/?ca=/ca.pem', 'for TLS'],
  ])('says of %s what is wrong with it, and not the password', (location, reason) => {
    const { message } = refusalOf(`${product}://${location}`)

    expect(message).toContain(reason)
    expect(message).not.toContain('s3cret')
  })
})

describe.each([
  ['elasticsearch', 'tracer:p%40ss@', '', toBasic('tracer', 'p@ss')],
  ['elasticsearch', '', '&api_key=VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw%3D%3D', ''],
  ['opensearch', 'tracer:p%40ss@', '', toBasic('tracer', 'p@ss')],
] as const)('%s+https:// as %s%s', (product, user, options, basic) => {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-search-'))
  const authorization = basic || 'ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=='
  let server: SearchStandIn
  beforeAll(async () => {
    const { certificateFile, keyFile } = await makeCertificate(folder)
    const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
    const settings: SearchStandInOptions = { product, authorization, tls }
    server = await startSearch(settings)
  })
  afterAll(async () => {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const securedUrl = (credentials: string, trust = `?ca=${encodeURIComponent(join(folder, 'certificate.pem'))}`) =>
    `${product}+https://${credentials}localhost:${server.port}/${trust}`

  it('is let in, over TLS that it trusts', async () => {
    const driver = open(`${securedUrl(user)}${options}`)
    const record = makeRecord()

    await driver.write([record])

    expect(driver.name).toBe(product)
    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it.each([
    ['a wrong password', () => securedUrl('tracer:wr0ng@'), '401'],
    ['no trust in the certificate', () => securedUrl('tracer:wr0ng@', ''), 'certificate'],
  ])('rejects with ERR_STORE for %s, and says no password', async (_, toUrl, reason) => {
    const error = await open(toUrl())
      .write([makeRecord()])
      .catch(failure => failure)

    expect(error).toMatchObject({
      name: 'OsprofilerError',
      code: 'ERR_STORE',
      message: expect.stringContaining(reason),
    })
    expect(`${error.message} ${error.cause?.message}`).not.toContain('wr0ng')
  })
})

describe('elasticsearch://', () => {
  it('refuses a user beside an API key', () => {
    expect(refusalOf('elasticsearch://a:b@db/?api_key=c').message).toContain('or api_key')
  })

  it('rejects with ERR_STORE where it is an OpenSearch that answers', async () => {
    const server = await startSearch({ product: 'opensearch' })
    onTestFinished(() => server.kill())

    await expect(open(`elasticsearch://127.0.0.1:${server.port}`).write([makeRecord()])).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('406'),
    })
  })
})

function open(connectionString: string, options: DriverOptions = {}): Driver {
  const driver = openDriver(connectionString, options)
  onTestFinished(() => driver.close())
  return driver
}
