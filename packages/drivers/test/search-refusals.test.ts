import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNotifier, type Driver } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { readRecords } from './search-faults.js'
import { type SearchStandIn, startSearch } from './stand-ins/search.js'

const BATCH = 300
const NGINX = '<html><center>The plain HTTP request was sent to HTTPS port</center></html>'

/** Answers that concern a whole request and not single records, and the driver's message for each. */
const REQUESTS = [
  [301, '', /301: write the address that it redirects to/],
  [302, '<html></html>', /302: write the address/],
  [401, { error: { type: 'security_exception' } }, /401 security_exception: check the user and the password/],
  [403, { error: { type: 'security_exception' } }, /403 security_exception: the user lacks a privilege/],
  [403, { error: { type: 'cluster_block_exception' } }, /the index is blocked, often because a disk is full/],
  [404, '<html>not found</html>', /404: check the host and the path/],
  [405, '', /405: check whether there is a proxy/],
  [406, { error: 'Content-Type header is not supported' }, /406: check whether there is a proxy/],
  [415, '', /415: check whether there is a proxy/],
  [400, { error: { type: 'media_type_header_exception' } }, /media_type_header_exception: a proxy may change/],
  [400, { error: 'no handler found for uri [/x/_bulk] and method [POST]' }, /check the path in the connection string/],
  [400, NGINX, /add \+https to the scheme/],
  [400, 'nobody knows', /400/],
  [500, 's3cret', /500/],
  [503, '', /503/],
] as const

describe.each(['elasticsearch', 'opensearch'] as const)('%s://, if an answer concerns the whole request', product => {
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

  function open(path = ''): Driver {
    const driver = openDriver(`${product}://127.0.0.1:${server.port}${path}`)
    onTestFinished(() => driver.close())
    return driver
  }

  it.each(REQUESTS)(
    'drops no record while the server answers %i %j, says what to do, and continues later',
    async (status, content, said) => {
      const driver = open()
      server.intercept = () => ({ status, content: content as object })
      const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 50 })
      const errors: unknown[] = []
      notifier.on('error', error => errors.push(error))
      for (let i = 0; i < BATCH; i++) notifier(makeRecord())

      await notifier.flush(500)
      const { dropped, written, queued } = notifier.stats
      const listed = driver.listTraces?.()

      await expect(listed).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(said) })
      expect({ dropped, written, queued }).toEqual({ dropped: 0, written: 0, queued: BATCH })
      expect(errors.at(-1)).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(said) })
      expect(String(errors)).not.toContain('s3cret')
      expect(server.requests.length).toBeLessThan(BATCH / 2)
      server.intercept = undefined
      await notifier.flush(20_000)
      expect(notifier.stats).toMatchObject({ written: BATCH, dropped: 0 })
    },
  )

  it.each([400, 401, 403, 404, 405, 415])(
    'drops no record if only bulk requests are answered with %i',
    async status => {
      const driver = open()
      await driver.write([makeRecord()])
      server.requests.length = 0
      server.intercept = (_, path) => (path === '/_bulk' ? { status, content: {} } : undefined)

      const error = await driver.write(makeTrace(BATCH)).catch(failure => failure)

      expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringContaining(`it answers ${status}`) })
      expect(server.requests.length).toBeLessThan(5)
    },
  )

  it('does not mistake a wrong path for an empty store', async () => {
    const driver = open('/wrong/path')

    await expect(driver.listTraces?.()).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(readAll(driver, 'x')).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(driver.deleteTrace?.('x')).rejects.toMatchObject({ code: 'ERR_STORE' })
  })

  it.each([
    [200, '<html>Welcome</html>'],
    [200, { ok: true }],
    [200, []],
  ])('does not accept %i %j as an answer from the server', async (status, content) => {
    server.intercept = () => ({ status, content: content as object })
    const driver = open()

    await expect(driver.listTraces?.()).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(driver.write([makeRecord()])).rejects.toMatchObject({ code: 'ERR_STORE' })
  })

  it('rejects a partial answer to a search', async () => {
    const driver = open()
    await driver.write(makeTrace(3, { base_id: 'x' }))
    for (const part of [
      { total: 2, successful: 1, failed: 1 },
      { total: 2, successful: 1, failed: 0 },
    ]) {
      server.intercept = (method, path, body) => {
        if (!path.includes('/_search')) return undefined
        const { content } = server.cluster.answer(method, path, body, undefined)
        return { status: 200, content: { ...content, _shards: part } }
      }

      for (const use of [() => driver.listTraces?.(), () => readAll(driver, 'x'), () => driver.deleteTrace?.('x')]) {
        await expect(use()).rejects.toMatchObject({ message: expect.stringContaining('a shard is missing') })
      }
    }
    expect(readRecords(server)).toHaveLength(3)
  })

  it.each([403, 404, 422, 503])(
    'drops only the document that is answered with %i, and counts the other documents as written',
    async status => {
      const driver = open()
      server.intercept = (method, path, body) => {
        if (path !== '/_bulk' || !body.includes('toxic')) return undefined
        const pairs = body
          .trimEnd()
          .split('\n')
          .flatMap((line, at, lines) => (at % 2 === 0 ? [[line, lines[at + 1] ?? '']] : []))
        const items = pairs.map(([action = '', document = '']) => {
          if (document.includes('toxic')) return { create: { status, error: { type: 'some_exception' } } }
          const { content } = server.cluster.answer(method, path, `${action}\n${document}\n`, undefined)
          return (content as { readonly items: readonly object[] }).items[0]
        })
        return { status: 200, content: { errors: true, items } }
      }
      const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 50 })

      for (let i = 0; i < 100; i++) notifier(makeRecord(i === 40 ? { info: { text: 'toxic' } } : {}))
      await expect.poll(() => notifier.stats.written).toBe(99)
      await notifier.flush(20_000)

      expect(readRecords(server)).toHaveLength(99)
      expect(notifier.stats).toMatchObject({ written: 99, dropped: 1, queued: 0 })
    },
  )

  it.each([403, 404, 406, 503])(
    'drops only one record if each request with that record is answered with %i',
    async status => {
      const driver = open()
      server.intercept = (_, path, body) =>
        path === '/_bulk' && body.includes('toxic') ? { status, content: 'blocked' as unknown as object } : undefined
      const notifier = createNotifier(driver, { minBackoff: 20, maxBackoff: 50 })

      for (let i = 0; i < 100; i++) notifier(makeRecord(i === 40 ? { info: { text: 'toxic' } } : {}))
      await notifier.flush(20_000)

      expect(readRecords(server)).toHaveLength(99)
      expect(notifier.stats).toMatchObject({ written: 99, dropped: 1, queued: 0 })
    },
  )

  it('drops only the document that is answered with 429 on each try while other documents are accepted', async () => {
    const driver = open()
    server.intercept = (method, path, body) => {
      if (path !== '/_bulk' || !body.includes('heavy')) return undefined
      const [action = '', document = '', ...rest] = body.split('\n')
      const { items } = (
        rest.length > 1 ? server.cluster.answer(method, path, rest.join('\n'), undefined).content : { items: [] }
      ) as { readonly items: object[] }
      const held = { status: 429, error: { type: 'es_rejected_execution_exception' } }
      const first = document.includes('heavy') && { create: { ...JSON.parse(action).create, ...held } }
      return { status: 200, content: { errors: true, items: [first, ...items] } }
    }
    const notifier = createNotifier(driver, { minBackoff: 50, maxBackoff: 100 })
    notifier.on('error', () => undefined)
    for (const text of ['heavy', 'light', 'light', 'light']) notifier(makeRecord({ base_id: text, info: { text } }))

    await notifier.flush(20_000)

    expect(notifier.stats).toMatchObject({ written: 3, dropped: 1, queued: 0 })
    expect(readRecords(server)).toHaveLength(3)
  })
})

describe.each(['elasticsearch', 'opensearch'] as const)('%s:// with a port that speaks the wrong protocol', product => {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-search-'))
  let plain: SearchStandIn
  let secured: SearchStandIn
  beforeAll(async () => {
    const { certificateFile, keyFile } = await makeCertificate(folder)
    const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
    plain = await startSearch({ product })
    secured = await startSearch({ product, tls })
  })
  afterAll(async () => {
    await plain.kill()
    await secured.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['plain HTTP at a TLS port', () => `${product}://localhost:${secured.port}`, /add \+https/],
    ['TLS at a plain HTTP port', () => `${product}+https://localhost:${plain.port}`, /leave out \+https/],
  ])('says which scheme to write for %s', async (_, toUrl, said) => {
    const driver = openDriver(toUrl())
    onTestFinished(() => driver.close())

    for (const use of [() => driver.listTraces?.(), () => driver.write([makeRecord()])]) {
      await expect(use()).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(said) })
    }
  })
})
