import { readFileSync } from 'node:fs'
import { createNotifier, type Driver, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import { describeDriver } from './driver-contract.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { expectAgreement } from './search-agreement.js'
import { type SearchGate, startSearchGate } from './search-gate.js'
import { openSearchServer, type SearchServer, type SearchServerName } from './search-server.js'

const RECORDS = 'osprofiler-notifications'
const OLD = `${RECORDS}-000001`
const NEW = `${RECORDS}-000002`

/** The mapping in the example of an index template in the docs. */
const { template } = JSON.parse(
  /```json\n([\s\S]*?)```/.exec(
    readFileSync(new URL('../../../docs/stores/elasticsearch.md', import.meta.url), 'utf8'),
  )?.[1] ?? '{}',
)
const { mappings: KEYWORDS } = template

/** Declares the tests of a driver with a real server of this name. */
export function describeSearchServer(name: SearchServerName, { contract = false } = {}): void {
  describe(`the driver for ${name}, with a real server,`, () => {
    let server: SearchServer
    let gate: SearchGate
    beforeAll(async () => {
      server = await openSearchServer(name)
      gate = await startSearchGate(server.origin)
      // A server that has just started may need more than the four seconds that a write may take.
      const first = openDriver(`${server.product}://${new URL(server.origin).host}`)
      const batch = makeTrace(1_000)
      await vi.waitFor(() => first.write(batch), { timeout: 60_000 })
      await first.listTraces?.()
      await first.close()
    })
    beforeEach(async () => {
      gate.rule = undefined
      gate.requests.length = 0
      await server.clear()
    })
    afterAll(async () => {
      await gate.stop()
      await server.stop()
    })

    function open(hosts = new URL(server.origin).host, options = ''): Driver {
      const driver = openDriver(`${server.product}://${hosts}${options}`)
      onTestFinished(() => driver.close())
      return driver
    }

    const openGate = (options = '') => open(`${gate.host}:${gate.port}`, options)

    /** Retries a write, as a notifier does. On a busy machine, a write may exceed its time limit of four seconds. */
    const write = (driver: Driver, records: readonly TraceRecord[]) =>
      vi.waitFor(() => driver.write(records), { timeout: 60_000, interval: 100 })

    /** Sends a request to the server without the driver. */
    async function ask(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${server.origin}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return await answer.json()
    }

    /** Creates an index like Python's, and a newer index for new records, both with the same alias. */
    async function makeAlias(old: readonly TraceRecord[]): Promise<void> {
      for (const record of old) await ask('POST', `/${OLD}/_doc?refresh=true`, record)
      if (old.length === 0) await ask('PUT', `/${OLD}`, { mappings: KEYWORDS })
      await ask('PUT', `/${NEW}`, { mappings: KEYWORDS })
      await ask('POST', '/_aliases', {
        actions: [
          { add: { index: OLD, alias: RECORDS, is_write_index: false } },
          { add: { index: NEW, alias: RECORDS, is_write_index: true } },
        ],
      })
    }

    it('writes, lists, reads and removes a trace', async () => {
      const driver = open()
      const trace = makeTrace(6)
      const other = makeRecord({ timestamp: '2020-01-01T00:00:00.000000' })

      const result = await write(driver, [...trace, other])

      expect(result).toEqual({ refused: 0 })
      expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
      expect(await driver.listTraces?.()).toMatchObject([{ records: 6 }, { records: 1 }])
      expect(await driver.deleteTrace?.(trace[0]?.base_id ?? '')).toBe(6)
      expect(await driver.pruneTraces?.(new Date('2021-01-01'))).toBe(1)
      expect(await driver.listTraces?.()).toEqual([])
    })

    it('keeps info without indexing its members, however many there are', async () => {
      const driver = open()
      const infos = [
        Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`key ${index}`, index])),
        { etype: { an: 'object' }, '.': 1, '': 2, 'a..b': 3, $where: 'x' },
        { response: 'text', deep: JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`), long: 'é'.repeat(40_000) },
        JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}'),
      ]
      const trace = infos.map(info => makeRecord({ base_id: 'hostile', info }))

      const result = await write(driver, trace)

      expect(result).toEqual({ refused: 0 })
      expect(await readAll(driver, 'hostile')).toEqual(trace)
    })

    it('refuses a record that is too large or whose id is too long, and keeps the rest of the batch', async () => {
      const driver = open()
      const trace = makeTrace(4)
      const large = makeRecord({ info: { text: 'x'.repeat(20_000_001) } })
      const id = makeRecord({ base_id: 'x'.repeat(32_767) })

      const result = await write(driver, [...trace, large, id])

      expect(result).toEqual({ refused: 2, reason: 'A record has more than 20000000 bytes as JSON.' })
      expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    })

    it('sends at most one mebibyte at once, unless a single record is larger', async () => {
      const driver = openGate()
      const info = { text: 'é'.repeat(30_000) }
      const batch = Array.from({ length: 60 }, () => makeRecord({ base_id: 'large', info }))

      const result = await write(driver, batch)

      expect(result).toEqual({ refused: 0 })
      expect(Math.max(...gate.requests.map(({ bytes }) => bytes))).toBeLessThan(1_048_576)
      expect(await readAll(driver, 'large')).toEqual(batch)
    })

    it('counts records that an index with mapped info refuses, and keeps the rest of the batch', async () => {
      await ask('POST', `/${RECORDS}/_doc?refresh=true`, makeRecord({ info: { rows: 1 } }))
      const driver = open()
      const info = Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`key ${index}`, index]))
      const good = makeRecord({ info: { rows: 2 } })

      const result = await write(driver, [
        makeRecord({ info: { rows: { not: 'a number' } } }),
        good,
        makeRecord({ info }),
      ])

      expect(result).toEqual({ refused: 2, reason: expect.stringMatching(/^It answers 400 \w+_exception\.$/) })
      expect(await readAll(driver, good.base_id)).toEqual([good])
    })

    it('ends every search, even if the reader stops early', async () => {
      const driver = open()
      const trace = makeTrace(1_700)
      const [{ base_id = '' } = {}] = trace
      await write(driver, trace)

      for await (const _ of driver.readRecords?.(base_id) ?? []) break
      await readAll(driver, base_id)
      await driver.listTraces?.({ limit: 1 })

      const { _all: stats } = await ask('GET', `/${RECORDS}/_stats/search`)
      expect(stats).toMatchObject({ total: { search: { open_contexts: 0 } } })
    })

    it('lists failed traces, and with filterErrorTrace also stores notes about them for Python', async () => {
      const failed = makeRecord({ base_id: 'failed', info: { response: { status_code: 503 } } })
      await write(open(), [failed, makeRecord()])
      const noting = openDriver(`${server.product}://${new URL(server.origin).host}`, { filterErrorTrace: true })
      onTestFinished(() => noting.close())
      await write(noting, [failed, makeRecord()])

      const listed = await noting.listErrorTraces?.()

      expect(listed?.map(({ base_id, records }) => [base_id, records])).toEqual([['failed', 2]])
      expect(await ask('GET', `/${RECORDS}-error/_search`)).toMatchObject({
        hits: { hits: [{ _source: { base_id: 'failed', timestamp: failed.timestamp } }] },
      })
    })

    it('removes traces whose last record is older than ?ttl=, and no traces if the option is omitted', async () => {
      const timestamp = `${new Date().toISOString().slice(0, -1)}000`
      const driver = open()
      await write(driver, [
        makeRecord({ base_id: 'old', timestamp: '2020-01-01T00:00:00.000000' }),
        makeRecord({ base_id: 'young', timestamp }),
      ])
      expect(await driver.listTraces?.()).toHaveLength(2)

      await write(open(undefined, '/?ttl=1h'), [makeRecord({ base_id: 'young', timestamp })])

      await expect
        .poll(async () => (await driver.listTraces?.())?.map(({ base_id }) => base_id), { timeout: 20_000 })
        .toEqual(['young'])
    })

    it('works on an index that Python created, which stores ids as analyzed text', async () => {
      await ask('POST', `/${RECORDS}/_doc?refresh=true`, makeRecord({ base_id: 'other' }))
      const driver = open()
      const trace = makeTrace(3, { base_id: 'a-b' })
      await write(driver, [...trace, ...['a', 'A-B', 'b'].map(base_id => makeRecord({ base_id }))])
      await write(driver, [makeRecord({ base_id: 'failed', info: { etype: 'KeyError' } })])

      expect(await readAll(driver, 'a-b')).toHaveLength(3)
      expect((await driver.listTraces?.())?.find(({ base_id }) => base_id === 'a-b')).toMatchObject({ records: 3 })
      expect((await driver.listErrorTraces?.())?.map(({ base_id }) => base_id)).toEqual(['failed'])
      expect(await driver.deleteTrace?.('a')).toBe(1)
      expect(await driver.pruneTraces?.(new Date('2030-01-01'))).toBe(5)
    })

    it('finds the records of two indexes that share an alias, one of which Python created', async () => {
      // An index that Python created keeps dates only to the millisecond, so these timestamps differ by more.
      const spanning = makeTrace(4, { base_id: 'both-sides' }).map((record, index) => ({
        ...record,
        timestamp: `2026-11-22T09:00:00.${index}00000`,
      }))
      const old = makeRecord({ base_id: 'both' })
      await makeAlias([...spanning.slice(0, 2), old])
      const driver = open()
      const fresh = makeRecord({ base_id: 'new-trace', info: { etype: 'KeyError' } })
      await write(driver, [...spanning.slice(2), fresh])

      const listed = await driver.listTraces?.()

      expect(listed?.map(({ base_id, records }) => [base_id, records])).toEqual([
        ['new-trace', 1],
        ['both', 1],
        ['both-sides', 4],
      ])
      expect(listed?.at(-1)?.timestamp).toBe(spanning[0]?.timestamp)
      expect(await readAll(driver, 'both-sides')).toEqual(spanning)
      expect(await readAll(driver, 'new-trace')).toEqual([fresh])
      expect((await driver.listErrorTraces?.())?.map(({ base_id }) => base_id)).toEqual(['new-trace'])
      expect(await driver.deleteTrace?.('both-sides')).toBe(4)
      expect(await driver.pruneTraces?.(new Date('2030-01-01'))).toBe(2)
      expect(await driver.listTraces?.()).toEqual([])
    })

    it('finds a record once if its batch was sent again after the index was rolled over', async () => {
      await makeAlias([])
      await ask('POST', '/_aliases', {
        actions: [
          { add: { index: OLD, alias: RECORDS, is_write_index: true } },
          { add: { index: NEW, alias: RECORDS, is_write_index: false } },
        ],
      })
      const driver = openGate()
      const batch = makeTrace(700)
      await write(driver, [makeRecord()])
      gate.rule = (_, path) => (path.startsWith('/_bulk') ? { lose: true } : undefined)
      await expect(driver.write(batch)).rejects.toMatchObject({ code: 'ERR_STORE' })
      gate.rule = undefined
      await ask('POST', '/_aliases', {
        actions: [
          { add: { index: OLD, alias: RECORDS, is_write_index: false } },
          { add: { index: NEW, alias: RECORDS, is_write_index: true } },
        ],
      })

      await write(driver, batch)

      expect(await ask('GET', `/${RECORDS}/_count`)).toMatchObject({ count: expect.any(Number) })
      expect(await readAll(driver, batch[0]?.base_id ?? '')).toEqual(batch)
    })

    it('reports a missing shard instead of returning a partial answer', async () => {
      const placement = { 'index.routing.allocation.total_shards_per_node': 1 }
      const settings = { number_of_shards: 2, number_of_replicas: 0, ...placement }
      await ask('PUT', `/${RECORDS}?wait_for_active_shards=0`, { settings, mappings: KEYWORDS })
      const driver = open()

      for (const use of [
        () => driver.listTraces?.(),
        () => driver.listErrorTraces?.(),
        () => readAll(driver, 'x'),
        () => driver.deleteTrace?.('x'),
        () => driver.pruneTraces?.(new Date()),
      ]) {
        await expect(use()).rejects.toMatchObject({
          code: 'ERR_STORE',
          message: expect.stringContaining('a shard is missing'),
        })
      }
    })

    it('lists and reads many pages while the first or the second of two hosts is down', async () => {
      const { host } = new URL(server.origin)
      const away = `127.0.0.1:${await findFreePort()}`
      await write(open(), [
        ...makeTrace(600, { base_id: 'long' }),
        ...Array.from({ length: 1_050 }, () => makeRecord()),
      ])

      for (const hosts of [`${host},${away}`, `${away},${host}`]) {
        const driver = open(hosts)
        for (let turn = 0; turn < 2; turn++) {
          expect(await driver.listTraces?.({ limit: 2_000 })).toHaveLength(1_051)
          expect(await readAll(driver, 'long')).toHaveLength(600)
          await driver.listTraces?.({ limit: 1 })
        }
      }
    })

    it('waits longer for a removal than for a read', async () => {
      const driver = openGate('/?timeout=1')
      await write(driver, makeTrace(3, { base_id: 'slow' }))
      gate.rule = (_, path) => (path.includes('_delete_by_query') ? { delay: 2_500 } : undefined)

      const removed = await driver.deleteTrace?.('slow')

      expect(removed).toBe(3)
    })

    it('drops a record that the server never accepts, and writes all other records', async () => {
      gate.rule = (_, path, body) =>
        path === '/_bulk' && body.includes('heavy')
          ? { answer: 429, content: { error: { type: 'es_rejected_execution_exception' }, status: 429 } }
          : undefined
      const driver = openGate()
      const notifier = createNotifier(driver, { minBackoff: 50, maxBackoff: 200, batchSize: 10 })
      notifier.on('error', () => undefined)
      notifier(makeRecord({ info: { text: 'heavy' } }))
      for (let i = 0; i < 50; i++) notifier(makeRecord({ base_id: 'light' }))

      await notifier.flush(30_000)

      expect(notifier.stats).toMatchObject({ written: 50, dropped: 1, queued: 0 })
      expect(await readAll(driver, 'light')).toHaveLength(50)
    })

    it('waits for an overloaded server, and drops no record', async () => {
      const driver = openGate()
      await write(driver, [makeRecord()])
      gate.rule = (_, path) =>
        path === '/_bulk' ? { answer: 429, content: { error: { type: 'circuit_breaking_exception' } } } : undefined
      const notifier = createNotifier(driver, { minBackoff: 10, maxBackoff: 20, batchSize: 10 })
      notifier.on('error', () => undefined)
      for (const record of makeTrace(60, { base_id: 'patient' })) notifier(record)

      await notifier.flush(2_000)
      gate.rule = undefined
      await notifier.flush(20_000)

      expect(notifier.stats).toMatchObject({ written: 60, dropped: 0 })
      expect(await readAll(driver, 'patient')).toHaveLength(60)
    })

    it('cannot be replaced by the driver for the other product, whose errors name the right scheme', async () => {
      const other = server.product === 'opensearch' ? 'elasticsearch' : 'opensearch'
      const driver = openDriver(`${other}://${new URL(server.origin).host}`)
      onTestFinished(() => driver.close())

      for (const use of [() => driver.listTraces?.(), () => driver.write([makeRecord()])]) {
        await expect(use()).rejects.toMatchObject({
          code: 'ERR_STORE',
          message: expect.stringContaining(`write ${server.product}://`),
        })
      }
    })

    it('gets the same answers from the server as from the stand-in', () => expectAgreement(server))

    if (contract) describeDriver(name.replace(/\d$/, ''), () => `${server.product}://${new URL(server.origin).host}`)
  })
}
