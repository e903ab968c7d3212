import { randomUUID } from 'node:crypto'
import type { Driver, TraceQuery, TraceRecord } from '@osprofiler/core'
import { parseJson, stringifyJson } from '@osprofiler/core/json'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeLargeAccount } from './make-large-account.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'

/** Features that a store may lack for a good reason. The store's page in docs/stores gives the reason. */
export interface Capabilities {
  /** Whether traces can be removed. Default: true. */
  readonly deletes?: boolean
}

/**
 * Declares the tests that every driver with a readable store must pass.
 *
 * @param scheme the driver's name
 * @param createStore creates an empty store for the running test and returns its connection string
 */
export function describeDriver(
  scheme: string,
  createStore: () => string | Promise<string>,
  { deletes = true }: Capabilities = {},
): void {
  async function openStore(): Promise<{ driver: Driver; connectionString: string }> {
    const connectionString = await createStore()
    return { driver: open(connectionString), connectionString }
  }

  describe(`the ${scheme}:// driver`, () => {
    it('has its scheme as its name', async () => {
      const { driver } = await openStore()

      expect(driver.name).toBe(scheme)
    })

    it('returns all records of a trace in the order in which they were written', async () => {
      const { driver } = await openStore()
      const trace = makeTrace(6)

      await driver.write(trace.slice(0, 3))
      await driver.write(trace.slice(3))

      expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
    })

    it('separates the traces that were written in one batch', async () => {
      const { driver } = await openStore()
      const [one, other] = [makeTrace(4), makeTrace(4)]

      await driver.write(one.flatMap((record, index) => [record, other[index] ?? record]))

      expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual(one)
      expect(await readAll(driver, other[0]?.base_id ?? '')).toEqual(other)
    })

    it('returns an account (the part of info that shows where the time of a request went) unchanged', async () => {
      const { driver } = await openStore()
      const base_id = randomUUID()
      const records = ['why-start', 'why-stop'].map(name =>
        makeRecord({
          name,
          base_id,
          info: { host: 'web-1', ...(name === 'why-start' && { why: makeLargeAccount() }) },
        }),
      )

      await driver.write(records)

      expect(await readAll(driver, base_id)).toEqual(records)
    })

    it('yields no records for a missing trace, whether the store is empty or contains other traces', async () => {
      const { driver } = await openStore()

      const inEmpty = await readAll(driver, randomUUID())
      await driver.write(makeTrace(2))

      expect(inEmpty).toEqual([])
      expect(await readAll(driver, randomUUID())).toEqual([])
    })

    it('yields a long trace in several batches, none of which is empty', async () => {
      const { driver } = await openStore()
      const trace = makeTrace(2_345)
      await driver.write(trace)

      const batches: (readonly TraceRecord[])[] = []
      for await (const batch of driver.readRecords?.(trace[0]?.base_id ?? '') ?? []) batches.push(batch)

      expect(batches.length).toBeGreaterThan(1)
      expect(batches.every(batch => batch.length > 0)).toBe(true)
      expect(batches.flat()).toEqual(trace)
    })

    it('accepts writes while a trace is being read, even if the reader stops early', async () => {
      const { driver } = await openStore()
      const trace = makeTrace(2_000)
      await driver.write(trace)

      for await (const batch of driver.readRecords?.(trace[0]?.base_id ?? '') ?? []) {
        await driver.write([{ ...makeRecord(), base_id: batch[0]?.base_id ?? '' }])
        break
      }

      expect(await readAll(driver, trace[0]?.base_id ?? '')).toHaveLength(2_001)
    })

    it('reads the records that another instance of the driver has written to the same store', async () => {
      const { driver, connectionString } = await openStore()
      const trace = makeTrace(2)
      await driver.write(trace)

      expect(await readAll(open(connectionString), trace[0]?.base_id ?? '')).toEqual(trace)
    })

    it('accepts batches from several instances of the driver at the same time', async () => {
      const { connectionString } = await openStore()
      const base_id = randomUUID()
      const drivers = Array.from({ length: 3 }, () => open(connectionString))

      await Promise.all(
        drivers.map(async driver => {
          for (let batch = 0; batch < 10; batch++) await driver.write(makeTrace(20, { base_id }))
        }),
      )

      const found = await readAll(open(connectionString), base_id)
      expect(new Set(found.map(record => record.trace_id)).size).toBe(600)
    })

    it('accepts an empty batch', async () => {
      const { driver } = await openStore()

      expect((await driver.write([]))?.refused ?? 0).toBe(0)
    })

    it('stores a record as it was when write() was called, even if the caller changes the record later', async () => {
      const { driver } = await openStore()
      const info = { host: 'web-1', rows: [1, 2] }
      const record = makeRecord({ info })

      await driver.write([record])
      info.rows.push(3)

      expect((await readAll(driver, record.base_id))[0]?.info).toEqual({ host: 'web-1', rows: [1, 2] })
    })

    describeLists(openStore)
    if (deletes) describeRemoval(openStore)
    describeHostileRecords(openStore)
    describeEnd(openStore)
  })
}

type OpenStore = () => Promise<{ driver: Driver; connectionString: string }>

function describeLists(openStore: OpenStore): void {
  it('lists no traces in an empty store', async () => {
    const { driver } = await openStore()

    expect(await driver.listTraces?.()).toEqual([])
    expect(await driver.listErrorTraces?.()).toEqual([])
  })

  it('lists traces by the time of their first record, newest first, even if that record arrived late', async () => {
    const { driver } = await openStore()
    const older = makeTrace(3, { service: 'late' })
    const newer = makeTrace(2, { base_id: 'newer', service: 'gateway' })

    await driver.write(newer)
    await driver.write(older.slice(1))
    await driver.write(older.slice(0, 1))

    expect(await driver.listTraces?.()).toEqual([
      { base_id: 'newer', timestamp: newer[0]?.timestamp, name: 'db', project: 'shop', service: 'gateway', records: 2 },
      {
        base_id: older[0]?.base_id,
        timestamp: older[0]?.timestamp,
        name: 'db',
        project: 'shop',
        service: 'late',
        records: 3,
      },
    ])
  })

  it('lists an older trace after newer traces, even if the older trace has later records', async () => {
    const { driver } = await openStore()
    const long = makeRecord()
    const short = [makeRecord(), makeRecord(), makeRecord()]

    await driver.write([long, ...short, makeRecord({ base_id: long.base_id, name: 'wsgi-stop' })])

    const listed = await driver.listTraces?.({ limit: 3 })
    expect(listed?.map(trace => trace.base_id)).toEqual(short.map(record => record.base_id).reverse())
  })

  it('lists at most `limit` traces, the newest first, and 100 by default', async () => {
    const { driver } = await openStore()
    const records = Array.from({ length: 150 }, () => makeRecord())
    await driver.write(records)

    const newest = records.map(record => record.base_id).reverse()
    const listed = async (limit?: number) => (await driver.listTraces?.({ limit }))?.map(trace => trace.base_id)
    expect(await listed()).toEqual(newest.slice(0, 100))
    expect(await listed(1)).toEqual(newest.slice(0, 1))
    expect(await listed(0)).toEqual([])
    expect(await listed(Number.POSITIVE_INFINITY)).toEqual(newest)
  })

  it('lists only traces that began at `since` or later', async () => {
    const { driver } = await openStore()
    const at = (timestamp: string) => makeRecord({ base_id: timestamp, timestamp })
    await driver.write([
      at('2026-11-22T09:59:59.999999'),
      at('2026-11-22T10:00:00.000000'),
      at('2026-11-22T10:00:01.000000'),
    ])

    const listed = await driver.listTraces?.({ since: new Date('2026-11-22T10:00:00Z') })

    expect(listed?.map(trace => trace.base_id)).toEqual(['2026-11-22T10:00:01.000000', '2026-11-22T10:00:00.000000'])
  })

  it('lists all traces if `since` is in a negative year, and none if `since` is after the year 9999', async () => {
    const { driver } = await openStore()
    const record = makeRecord()
    await driver.write([record])

    const all = await driver.listTraces?.({ since: new Date(-8.64e15) })
    const none = await driver.listTraces?.({ since: new Date(8.64e15) })

    expect(all?.map(trace => trace.base_id)).toEqual([record.base_id])
    expect(none).toEqual([])
  })

  it('lists traces with an exception or a status of 500 or more as failed', async () => {
    const { driver } = await openStore()
    const told = (base_id: string, info: TraceRecord['info']) => [
      makeRecord({ base_id }),
      makeRecord({ base_id, name: 'wsgi-stop', info }),
    ]
    await driver.write([
      ...told('exception', { etype: 'ValueError', message: 'no' }),
      ...told('fine', { response: { status_code: 200 } }),
      ...told('unavailable', { response: { status_code: 503 } }),
      ...told('talk', { note: 'the words etype and status_code' }),
      ...told('missing', { response: { status_code: 404 } }),
    ])

    const listed = await driver.listErrorTraces?.()
    const newest = await driver.listErrorTraces?.({ limit: 1 })

    expect(listed?.map(trace => [trace.base_id, trace.records])).toEqual([
      ['unavailable', 2],
      ['exception', 2],
    ])
    expect(newest).toEqual(listed?.slice(0, 1))
  })

  it('lists only traces whose first record has the requested name and service, up to the limit', async () => {
    const { driver } = await openStore()
    const at = (base_id: string, service: string, name: string) => [
      makeRecord({ base_id, service, name: `${name}-start` }),
      makeRecord({ base_id, service: 'other', name: 'other-stop' }),
    ]
    await driver.write([
      ...at('one', 'shop', 'wsgi'),
      ...at('two', 'shop%', 'wsgi'),
      ...at('three', 'shop', 'rpc'),
      ...at('four', 'shop', 'wsgi'),
    ])

    const ids = async (query: TraceQuery) => (await driver.listTraces?.(query))?.map(trace => trace.base_id)
    expect(await ids({ service: 'shop' })).toEqual(['four', 'three', 'one'])
    expect(await ids({ service: 'shop', name: 'wsgi' })).toEqual(['four', 'one'])
    expect(await ids({ service: 'shop%' })).toEqual(['two'])
    expect(await ids({ name: 'wsgi', limit: 2 })).toEqual(['four', 'two'])
    expect(await ids({ service: 'other' })).toEqual([])
    expect(await ids({ name: 'w*' })).toEqual([])
    expect(await ids({ name: '' })).toEqual([])
  })

  it('lists traces with a date after tomorrow at the end, and omits them if the limit is reached', async () => {
    const { driver } = await openStore()
    const at = (base_id: string, timestamp: string) => makeRecord({ base_id, timestamp })
    await driver.write([
      at('far', '9999-12-31T23:59:59.000000'),
      at('old', '2026-11-20T10:00:00.000000'),
      at('next-year', '2098-01-01T00:00:00.000000'),
      at('ends-late', '2026-11-20T09:00:00.000000'),
      at('ends-late', '9998-01-01T00:00:00.000000'),
      at('new', '2026-11-21T10:00:00.000000'),
    ])

    const all = await driver.listTraces?.()
    const three = await driver.listTraces?.({ limit: 3 })

    expect(all?.map(trace => trace.base_id)).toEqual(['new', 'old', 'ends-late', 'far', 'next-year'])
    expect(three?.map(trace => trace.base_id)).toEqual(['new', 'old', 'ends-late'])
    expect((await driver.listTraces?.({ limit: 4 }))?.at(-1)?.base_id).toBe('far')
  })

  it('rejects a limit that is not an integer, and an invalid date', async () => {
    const { driver } = await openStore()

    for (const limit of [-1, 1.5, Number.NaN]) {
      await expect(driver.listTraces?.({ limit })).rejects.toThrow(TypeError)
    }
    await expect(driver.listErrorTraces?.({ since: new Date(Number.NaN) })).rejects.toThrow(TypeError)
  })
}

function describeRemoval(openStore: OpenStore): void {
  it('deletes one trace and resolves to the number of its records', async () => {
    const { driver } = await openStore()
    const [one, other] = [makeTrace(5), makeTrace(2)]
    await driver.write([...one, ...other])

    const deleted = await driver.deleteTrace?.(one[0]?.base_id ?? '')

    expect(deleted).toBe(5)
    expect(await readAll(driver, one[0]?.base_id ?? '')).toEqual([])
    expect(await readAll(driver, other[0]?.base_id ?? '')).toEqual(other)
    expect((await driver.listTraces?.())?.map(trace => trace.base_id)).toEqual([other[0]?.base_id])
    expect(await driver.deleteTrace?.(one[0]?.base_id ?? '')).toBe(0)
  })

  it('deletes no other trace if an id looks like a pattern, a path or a query', async () => {
    const { driver } = await openStore()
    const kept = makeTrace(2, { base_id: 'kept' })
    await driver.write(kept)

    for (const id of [
      '*',
      '%',
      'kep_',
      'kep?',
      'KEPT',
      'kept ',
      '',
      '../kept',
      "kept' OR '1'='1",
      'kept\0',
      '{"$ne":""}',
    ]) {
      expect(await driver.deleteTrace?.(id)).toBe(0)
    }

    expect(await readAll(driver, 'kept')).toEqual(kept)
  })

  it('no longer lists a deleted trace as failed', async () => {
    const { driver } = await openStore()
    await driver.write([
      makeRecord({ base_id: 'failed' }),
      makeRecord({ base_id: 'failed', name: 'wsgi-stop', info: { etype: 'ValueError', message: 'no' } }),
    ])

    await driver.deleteTrace?.('failed')

    expect(await driver.listErrorTraces?.()).toEqual([])
  })

  it('prunes the traces whose records are all older than the given date', async () => {
    const { driver } = await openStore()
    const at = (base_id: string, timestamp: string) => makeRecord({ base_id, timestamp })
    await driver.write([
      at('old', '2026-11-20T09:00:00.000000'),
      at('long', '2026-11-20T09:30:00.000000'),
      at('old', '2026-11-21T23:59:59.999999'),
      at('long', '2026-11-22T00:00:00.000000'),
      at('new', '2026-11-22T01:00:00.000000'),
    ])

    const pruned = await driver.pruneTraces?.(new Date('2026-11-22T00:00:00Z'))

    expect(pruned).toBe(1)
    expect((await driver.listTraces?.())?.map(trace => [trace.base_id, trace.records])).toEqual([
      ['new', 1],
      ['long', 2],
    ])
    expect(await driver.pruneTraces?.(new Date('2026-11-22T00:00:00Z'))).toBe(0)
  })

  it('prunes traces whose records are dated after tomorrow, unless a trace also has a recent record', async () => {
    const { driver } = await openStore()
    const at = (base_id: string, timestamp: string) => makeRecord({ base_id, timestamp })
    await driver.write([
      at('far', '9999-12-31T23:59:59.000000'),
      at('old-and-far', '2026-11-20T09:00:00.000000'),
      at('old-and-far', '9998-12-31T23:59:59.000000'),
      at('young-and-far', '2026-11-22T09:00:00.000000'),
      at('young-and-far', '9997-12-31T23:59:59.000000'),
      at('old', '2026-11-20T09:00:00.000000'),
      at('young', '2026-11-22T08:00:00.000000'),
    ])

    const pruned = await driver.pruneTraces?.(new Date('2026-11-22T00:00:00Z'))

    expect(pruned).toBe(3)
    expect((await driver.listTraces?.())?.map(trace => [trace.base_id, trace.records])).toEqual([
      ['young-and-far', 2],
      ['young', 1],
    ])
  })

  it('prunes no traces if the date is in a negative year, and all if the date is after the year 9999', async () => {
    const { driver } = await openStore()
    await driver.write([makeRecord(), makeRecord()])

    expect(await driver.pruneTraces?.(new Date(-8.64e15))).toBe(0)
    expect(await driver.pruneTraces?.(new Date(8.64e15))).toBe(2)
    expect(await driver.listTraces?.()).toEqual([])
  })

  it('prunes hundreds of traces, and rejects an invalid date', async () => {
    const { driver } = await openStore()
    await driver.write(Array.from({ length: 250 }, () => makeRecord()))

    await expect(driver.pruneTraces?.(new Date(Number.NaN))).rejects.toThrow(TypeError)

    expect(await driver.pruneTraces?.(new Date('2027-01-01T00:00:00Z'))).toBe(250)
    expect(await driver.listTraces?.()).toEqual([])
  })
}

function describeHostileRecords(openStore: OpenStore): void {
  it('refuses values that are not records or that JSON cannot represent, and stores the others', async () => {
    const { driver } = await openStore()
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const trap = {
      get host(): string {
        throw new Error('trap')
      },
    }
    const base_id = randomUUID()
    const bad = [
      { info: cycle },
      { info: { big: 1n } },
      { info: trap },
      ...[null, [], 'text', undefined].map(info => ({ info })),
    ]
    const good = [makeRecord({ base_id }), makeRecord({ base_id })]
    const misshapen: unknown[] = [
      ...bad.map(members => ({ ...makeRecord({ base_id }), ...members })),
      ...['base_id', 'parent_id', 'trace_id', 'name', 'timestamp', 'project', 'service'].map(member => ({
        ...makeRecord({ base_id }),
        [member]: 7,
      })),
      null,
      'record',
    ]

    const result = await driver.write([good[0], ...misshapen, good[1]] as TraceRecord[])

    expect(result?.refused).toBe(misshapen.length)
    expect(await readAll(driver, base_id)).toEqual(good)
  })

  it('refuses a record with an invalid timestamp, which could be neither listed nor pruned', async () => {
    const { driver } = await openStore()
    const good = ['2026-11-22T10:00:00.123456', '2026-11-22T10:00:01.5', '2026-11-22T10:00:02Z'].map(timestamp =>
      makeRecord({ base_id: timestamp, timestamp }),
    )
    const bad = [
      '',
      'yesterday',
      '0',
      'zzz',
      '2026-99-22T10:00:00.000000',
      '1763805600',
      '2026-11-22T10:00:00.123456+02:00',
    ]

    const result = await driver.write([
      ...good,
      ...bad.map(timestamp => makeRecord({ timestamp })),
      ...bad.map(timestamp => makeRecord({ timestamp, info: { text: '\ud800' } })),
    ])

    expect(result?.refused).toBe(2 * bad.length)
    for (const record of good) expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(await driver.listTraces?.()).toHaveLength(good.length)
  })

  it('distinguishes ids that look like paths, patterns, queries or device names', async () => {
    const { driver } = await openStore()
    const uuid = randomUUID()
    const ids = [
      '*',
      '%',
      '_',
      '?',
      '..',
      '.',
      '../../x',
      '/etc/passwd',
      'a/b',
      'a\\b',
      "' OR 1=1 --",
      '"',
      ' ',
      '$(id)',
    ]
    ids.push(
      'CON',
      'nul',
      'a:b',
      uuid,
      uuid.toUpperCase(),
      `${uuid} `,
      'é',
      'e\u0301',
      '😀'.repeat(127),
      'x'.repeat(255),
    )
    ids.push(
      '{"a":1}',
      '[]',
      'null',
      '__proto__',
      'constructor',
      '123',
      '0123',
      '1e3',
      'line\nbreak',
      '\u2028',
      '-',
      '-rf',
    )
    const records = ids.map(base_id => makeRecord({ base_id }))

    const result = await driver.write(records)

    expect(result?.refused ?? 0).toBe(0)
    for (const record of records) expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(await driver.listTraces?.()).toHaveLength(ids.length)
  })

  it('keeps any string in info: long texts, letters of any language, NUL, halves of surrogate pairs', async () => {
    const { driver } = await openStore()
    const info = JSON.parse('{"__proto__": {"polluted": true}, "toString": "mine"}')
    Object.assign(info, {
      long: 'x'.repeat(1_000_000),
      text: 'é漢😀\0\ud800\udc00\ud800"\\\n\r\u2028',
      deep: [[[{ a: null }]]],
      n: 1e-7,
    })
    const record = makeRecord({ info })

    await driver.write([record])

    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it('keeps numbers from other programs exact, even if a JavaScript number cannot represent them', async () => {
    const { driver } = await openStore()
    const numbers = '[9007199254740993,-9223372036854775808,1.0,-0.0,0.0,1e-07,1e+16,1e+300,0.1,7]'
    const info = parseJson(`{"host":"web-1","params":${numbers},"nested":{"big":12345678901234567890123}}`)
    const record = makeRecord({ info: info as TraceRecord['info'] })

    await driver.write([record])

    expect(stringifyJson(await readAll(driver, record.base_id))).toBe(stringifyJson([record]))
  })

  it('returns NaN and infinite numbers either as numbers or as strings', async () => {
    const { driver } = await openStore()
    const params = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 'NaN', 1.5, null]
    const record = makeRecord({ info: { host: 'web-1', params } })

    await driver.write([record])

    const [found] = await readAll(driver, record.base_id)
    expect([found?.info.params].flat().map(String)).toEqual(params.map(String))
  })

  it('keeps a string outside info unchanged, or refuses the record', async () => {
    const { driver } = await openStore()
    const records = ['a\0b', '\ud800', 'x\udfff', 'é漢😀', '', 'a\nb'].flatMap(text => [
      makeRecord({ base_id: `id ${text}` }),
      makeRecord({ name: text, service: text, project: text }),
      makeRecord({ parent_id: text, trace_id: text }),
    ])

    const result = await driver.write(records)

    const kept = await Promise.all(records.map(record => readAll(driver, record.base_id)))
    expect(kept.filter(found => found.length === 0)).toHaveLength(result?.refused ?? 0)
    for (const [index, found] of kept.entries()) if (found.length > 0) expect(found).toEqual([records[index]])
    expect(await readAll(driver, 'id a')).toEqual([])
  })
}

function describeEnd(openStore: OpenStore): void {
  it('can be closed several times, even if it was never used', async () => {
    const { driver, connectionString } = await openStore()
    const used = open(connectionString)
    await used.write([makeRecord()])

    await Promise.all([driver.close(), used.close(), used.close()])

    await expect(used.close()).resolves.toBeUndefined()
  })

  it('closes only after the current batch is written', async () => {
    const { driver, connectionString } = await openStore()
    const trace = makeTrace(500)

    const writing = driver.write(trace)
    await driver.close()

    await writing
    expect(await readAll(open(connectionString), trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('rejects every call with ERR_STORE after it was closed', async () => {
    const { driver } = await openStore()

    await driver.close()

    const refusal = { name: 'OsprofilerError', code: 'ERR_STORE' }
    await expect(driver.write([makeRecord()])).rejects.toMatchObject(refusal)
    await expect(driver.listTraces?.()).rejects.toMatchObject(refusal)
    await expect(driver.listErrorTraces?.()).rejects.toMatchObject(refusal)
    await expect(readAll(driver, 'x')).rejects.toMatchObject(refusal)
  })
}

function open(connectionString: string): Driver {
  const driver = openDriver(connectionString, { filterErrorTrace: true })
  onTestFinished(() => driver.close())
  return driver
}
