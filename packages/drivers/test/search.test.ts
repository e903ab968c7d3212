import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNotifier, type Driver } from '@osprofiler/core'
import { type DriverOptions, openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { startProxy } from '../../../test/servers/proxy.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { refusalOf } from './refusal-of.js'
import { type SearchStandIn, type SearchStandInOptions, startSearch } from './stand-ins/search.js'

const RECORDS = 'osprofiler-notifications'

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

  it('names the server that did not answer in time, without showing the password', async () => {
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

  it('writes no record twice if the server is too busy for a part of a batch, and counts refusals once', async () => {
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
      const rest = Array.from({ length: 3 }, () => ({ create: { _index: RECORDS, ...busy } }))
      return { status: 200, content: { errors: true, items: [...items, ...rest] } }
    }

    const first = await driver.write(batch)
    const again = await driver.write(batch.filter((_, at) => first?.held?.includes(at)))

    expect(first).toEqual({
      refused: 1,
      held: [2, 3, 4],
      reason: 'It answers 429 es_rejected_execution_exception.',
    })
    expect(again).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it.each([413, 400])('finds the record that makes the server reject the whole request with %i', async status => {
    const driver = open(storeUrl())
    const trace = makeTrace(6)
    server.intercept = (_, path, body) =>
      path === '/_bulk' && (body.length > 2_000 || body.includes('too large')) ? { status, content: {} } : undefined
    const notifier = createNotifier(driver)
    for (const record of [...trace, makeRecord({ info: { text: 'too large' } })]) notifier(record)

    await notifier.flush(20_000)

    expect(notifier.stats).toMatchObject({ written: 6, dropped: 1 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('works with only the rights to write and to read', async () => {
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

  it('rejects a list with ERR_STORE if the server answers 500, without showing the answer', async () => {
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
    ['tracer:s3cret@db/?ttl=soon', 'ttl must be'],
    ['tracer:s3cret@db/?timeout=never', 'timeout must be'],
    ['tracer:s3cret@db/?timeout=0', 'timeout must be'],
    ['tracer:s3cret@db/?ca=/ca.pem', 'requires TLS'],
  ])('says what is wrong with the location "%s", without showing the password', (location, reason) => {
    const { message } = refusalOf(`${product}://${location}`)

    expect(message).toContain(reason)
    expect(message).not.toContain('s3cret')
  })
})

describe.each([
  ['elasticsearch', 'tracer:p%40ss@', '', toBasic('tracer', 'p@ss')],
  ['elasticsearch', '', '&api_key=VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw%3D%3D', ''],
  ['opensearch', 'tracer:p%40ss@', '', toBasic('tracer', 'p@ss')],
] as const)('%s+https:// with the credentials "%s%s"', (product, user, options, basic) => {
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

  it('writes and reads records over trusted TLS', async () => {
    const driver = open(`${securedUrl(user)}${options}`)
    const record = makeRecord()

    await driver.write([record])

    expect(driver.name).toBe(product)
    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it.each([
    ['a wrong password', () => securedUrl('tracer:wr0ng@'), '401'],
    ['an untrusted certificate', () => securedUrl('tracer:wr0ng@', ''), 'certificate'],
  ])('rejects a write with ERR_STORE after %s, without showing the password', async (_, toUrl, reason) => {
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
  it('refuses a user together with an API key', () => {
    expect(refusalOf('elasticsearch://a:b@db/?api_key=c').message).toContain('or api_key')
  })

  it('rejects with ERR_STORE if the server is OpenSearch', async () => {
    const server = await startSearch({ product: 'opensearch' })
    onTestFinished(() => server.kill())

    await expect(open(`elasticsearch://127.0.0.1:${server.port}`).write([makeRecord()])).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('write opensearch://'),
    })
  })
})

function open(connectionString: string, options: DriverOptions = {}): Driver {
  const driver = openDriver(connectionString, options)
  onTestFinished(() => driver.close())
  return driver
}

function toBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
