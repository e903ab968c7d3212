import { setImmediate } from 'node:timers/promises'
import {
  type Driver,
  type NotifierOptions,
  OsprofilerError,
  type QueueNotifier,
  type TraceRecord,
} from '@osprofiler/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectWarnings } from './fixtures/collect-warnings.js'
import { emit, expectExact, openNotifier, range, recordOf } from './fixtures/quick-notifier.js'

type Records = readonly TraceRecord[]

function create(write: Driver['write'], options?: NotifierOptions): QueueNotifier {
  return openNotifier({ write }, { maxBackoff: 2, ...options })
}

/** Creates a store that refuses a batch if the batch contains one of the `culprits` or is too large. */
function createStore(culprits: ReadonlySet<string>, limits: { readonly bytes?: number } = {}) {
  const kept: string[] = []
  const requests: Records[] = []
  const write = async (records: Records): Promise<undefined> => {
    requests.push(records)
    const bytes = Buffer.byteLength(JSON.stringify(records))
    if (bytes > (limits.bytes ?? Number.POSITIVE_INFINITY)) throw refusal('The body is too large.')
    if (records.some(({ trace_id }) => culprits.has(trace_id))) throw refusal('A value is wrong.')
    kept.push(...records.map(({ trace_id }) => trace_id))
  }
  return { kept, requests, write }
}

function refusal(message: string): OsprofilerError {
  return new OsprofilerError('ERR_WRITE_REFUSED', message)
}

describe('a batch that the store fails to write', () => {
  it('keeps the start record of a point before its stop record, however often the store fails', async () => {
    for (let failures = 1; failures <= 60; failures++) {
      const written: string[] = []
      let writes = 0
      const notifier = create(async records => {
        if (++writes <= failures) throw new Error('The store is down.')
        written.push(...records.map(({ trace_id, name }) => `${trace_id} ${name}`))
      })

      for (const id of range(3)) for (const name of ['db-start', 'db-stop']) notifier(recordOf(id, { name }))
      await notifier.flush()

      expect(written).toHaveLength(6)
      for (const id of range(3))
        expect(written.indexOf(`${id} db-start`)).toBeLessThan(written.indexOf(`${id} db-stop`))
    }
  })
})

describe('a batch that the store refuses as a whole', () => {
  it('loses only the record that causes the refusal, and keeps the order of the other records', async () => {
    const store = createStore(new Set(['137']))
    const notifier = create(store.write)
    const drops: unknown[] = []
    notifier.on('drop', (count, reason) => drops.push([count, reason]))

    emit(notifier, range(500))
    await notifier.flush()

    expect(store.kept).toEqual(range(500).filter(id => id !== '137'))
    expect(drops).toEqual([[1, 'refused']])
    expect(notifier.stats).toMatchObject({ emitted: 500, written: 499, dropped: 1, queued: 0, retried: 0 })
    expect(store.requests.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(500)))
  })

  it('needs at most two writes per record if the store refuses every record', async () => {
    const store = createStore(new Set(range(300)))
    const notifier = create(store.write)

    emit(notifier, range(300))
    await notifier.flush()

    expect(store.requests.length).toBeLessThanOrEqual(600)
    expect(notifier.stats).toMatchObject({ emitted: 300, written: 0, dropped: 300, queued: 0 })
  })

  it('is written in parts if the batch is too large for the store', async () => {
    const store = createStore(new Set(), { bytes: 100_000 })
    const notifier = create(store.write, { batchBytes: 10_000_000 })

    for (const id of range(100)) notifier(recordOf(id, { info: { text: '漢'.repeat(3_000) } }))
    await notifier.flush()

    expect(store.kept).toEqual(range(100))
    expect(notifier.stats).toMatchObject({ written: 100, dropped: 0 })
  })

  it('stays divided into parts if the store fails between the writes of two parts', async () => {
    const tried: Records[] = []
    const kept: string[] = []
    const notifier = create(async records => {
      tried.push(records)
      if (records.some(({ trace_id }) => trace_id === '5')) throw refusal('A value is wrong.')
      if (tried.at(-2) !== records) throw new OsprofilerError('ERR_STORE', 'down')
      kept.push(...records.map(({ trace_id }) => trace_id))
      return undefined
    })

    emit(notifier, range(16))
    await notifier.flush()

    expect(kept).toEqual(range(16).filter(id => id !== '5'))
    expect(notifier.stats).toMatchObject({ written: 15, dropped: 1, retried: 15 })
  })

  it('is abandoned at the deadline of close(), and its unwritten records are dropped', async () => {
    const notifier = create(async records => {
      if (records.length > 4) throw refusal('too many')
      if (records[0]?.trace_id === '0') return undefined
      return await new Promise<undefined>(() => {})
    })

    emit(notifier, range(16))
    await notifier.close(50)

    expect(notifier.stats).toMatchObject({ emitted: 16, written: 4, dropped: 12, queued: 0 })
    expect(notifier.stats.droppedByReason).toEqual({ 'queue-full': 0, refused: 0, closed: 12 })
  })

  it('reports its lost records in the next stop record of the same trace', async () => {
    const kept: TraceRecord[] = []
    const notifier = create(async records => {
      if (records.some(({ trace_id }) => trace_id === 'bad')) throw refusal('A value is wrong.')
      kept.push(...records)
      return undefined
    })

    for (const id of ['root', 'bad', 'good']) notifier(recordOf(id, { base_id: 'trace' }))
    notifier({ ...recordOf('root', { base_id: 'trace' }), name: 'a-stop' })
    await notifier.flush()

    expect(kept.map(({ trace_id }) => trace_id)).toEqual(['root', 'good', 'root'])
    expect(kept.at(-1)?.info).toEqual({ records_dropped: 1 })
  })
})

describe('the size limit of a batch', () => {
  it.each([
    ['Chinese', { text: '漢'.repeat(10_000) }],
    ['ASCII', { text: 'x'.repeat(30_000) }],
    ['control characters', { text: '\u0001'.repeat(10_000) }],
    ['quotes', { text: '"'.repeat(30_000) }],
    ['a mix of ASCII and Chinese', { text: 'SELECT "漢字" FROM t -- é\n'.repeat(1_500) }],
    ['many strings', { texts: Array.from({ length: 300 }, () => '漢'.repeat(40)) }],
    ['many short strings', { texts: Array.from({ length: 900 }, () => '漢字漢字漢字漢字') }],
    ['numbers', { numbers: Array.from({ length: 1_000 }, (_, index) => index * 1_000_003) }],
  ])('keeps batches below one MiB with %s in the records', async (_, info) => {
    const sizes: number[] = []
    const notifier = create(async records => void sizes.push(Buffer.byteLength(JSON.stringify(records))))

    for (const id of range(300)) notifier(recordOf(id, { info }))
    await notifier.flush()

    expect(Math.max(...sizes)).toBeLessThan(2 ** 20)
    expect(notifier.stats.written).toBe(300)
  })

  it('may be exceeded by a single large record, which is written completely and alone', async () => {
    const batches: string[][] = []
    const notifier = create(async records => void batches.push(records.map(({ trace_id }) => trace_id)))

    notifier(recordOf('0'))
    notifier(recordOf('1', { info: { text: 'x'.repeat(3_000_000) } }))
    notifier(recordOf('2'))
    await notifier.flush()

    expect(batches).toEqual([['0'], ['1'], ['2']])
  })

  it('is not reached with records of usual size, because a batch has a maximum number of records', async () => {
    const lengths: number[] = []
    const notifier = create(async records => void lengths.push(records.length))

    for (const id of range(1_500))
      notifier(recordOf(id, { info: { host: 'shop-1', 'db.statement': 'SELECT 1', rows: 1 } }))
    await notifier.flush()

    expect(lengths).toEqual([500, 500, 500])
  })

  it('causes a write at once when the waiting records reach the limit', async () => {
    let written = 0
    const write = async (records: Records): Promise<undefined> => {
      written += records.length
    }
    const notifier = create(write, { flushAfter: 60_000 })

    for (const id of range(60)) notifier(recordOf(id, { info: { text: 'x'.repeat(10_000) } }))
    await expect.poll(() => written).toBeGreaterThan(40)

    expectExact(notifier)
  })
})

describe('a store that refuses every record', () => {
  it("causes a warning about the dropped records and a warning about the store, both with the store's reason", async () => {
    const warnings = await collectWarnings()
    const notifier = create(createStore(new Set(range(400))).write, { batchSize: 40 })

    emit(notifier, range(400))
    await notifier.flush()
    await setImmediate()

    expect(notifier.stats).toMatchObject({ written: 0, dropped: 400 })
    expect(warnings).toEqual([
      {
        code: 'OSPROFILER_RECORDS_DROPPED',
        message:
          'Records are dropped: the store (test) refuses them. A value is wrong. notifier.stats has the numbers.',
      },
      {
        code: 'OSPROFILER_STORE_UNREACHABLE',
        message: 'No record can be delivered to the store (test): A value is wrong.',
      },
    ])
  })

  it('causes a warning even if the driver returns the number of refusals instead of throwing an error', async () => {
    const warnings = await collectWarnings()
    const notifier = create(async records => ({ refused: records.length, reason: 'The mapping is wrong.' }), {
      batchSize: 2,
    })

    emit(notifier, range(10))
    await notifier.flush()
    await setImmediate()

    expect(notifier.stats).toMatchObject({ written: 0, dropped: 10 })
    expect(warnings).toContainEqual({
      code: 'OSPROFILER_STORE_UNREACHABLE',
      message: 'No record can be delivered to the store (test): The mapping is wrong.',
    })
  })

  it('gets small batches at growing intervals after many refusals, so that few records are lost', async () => {
    let isBroken = true
    let requests = 0
    const kept: Records[] = []
    const notifier = create(
      async records => {
        requests++
        if (isBroken) throw refusal('A value is wrong.')
        kept.push(records)
        return undefined
      },
      { minBackoff: 20, maxBackoff: 10_000 },
    )

    emit(notifier, range(5_000))
    await notifier.flush(600)
    const { dropped } = notifier.stats
    isBroken = false
    await notifier.flush()

    expect(dropped).toBeLessThan(900)
    expect(requests).toBeLessThan(2_000)
    expect(notifier.stats).toMatchObject({ emitted: 5_000, written: 5_000 - dropped, dropped })
    expect(kept[0]?.length).toBeLessThanOrEqual(16)
    expect(kept.at(-2)?.length).toBe(500)
  })

  it('does not count as recovered if its failures and refusals alternate', async () => {
    const warnings = await collectWarnings()
    let writes = 0
    const notifier = create(
      async () => {
        throw ++writes % 2 === 0 ? refusal('A value is wrong.') : new OsprofilerError('ERR_STORE', 'The host is away.')
      },
      { batchSize: 1 },
    )

    emit(notifier, range(8))
    await notifier.flush()
    await setImmediate()

    expect(warnings.filter(({ code }) => code === 'OSPROFILER_STORE_UNREACHABLE')).toHaveLength(1)
    expect(notifier.stats).toMatchObject({ written: 0, dropped: 8 })
  })
})

describe('a notifier with any mix of refusals, failures, flushes and closes', () => {
  it('loses exactly the refused records, keeps the order, and sends a limited number of requests', async () => {
    const runs = fc.record({
      count: fc.integer({ min: 1, max: 300 }),
      culprits: fc.array(fc.nat(299), { maxLength: 12 }),
      batchSize: fc.integer({ min: 1, max: 120 }),
      failures: fc.array(fc.constantFrom('none', 'fail', 'throw'), { maxLength: 30 }),
      flushes: fc.array(fc.nat(299), { maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(runs, async ({ count, culprits, batchSize, failures, flushes }) => {
        const store = createStore(new Set(culprits.map(String)))
        // After four failures, the writer first writes a single record from later in the queue, to find out whether the
        // store accepts any record at all. This write changes the order.
        const keepsOrder = failures.filter(failure => failure !== 'none').length < 4
        let failed = 0
        const notifier = create(
          records => {
            expectExact(notifier)
            const failure = failures.shift() ?? 'none'
            if (failure !== 'none') failed++
            if (failure === 'throw') throw new Error('down')
            if (failure === 'fail') return Promise.reject(new OsprofilerError('ERR_STORE', 'down'))
            return store.write(records)
          },
          { batchSize },
        )
        notifier.on('drop', () => expectExact(notifier)).on('error', () => expectExact(notifier))

        for (const id of range(count)) {
          notifier(recordOf(id))
          if (flushes.includes(Number(id))) await notifier.flush()
        }
        await notifier.close()

        const refused = new Set(culprits.filter(at => at < count))
        const batches = Math.ceil(count / batchSize) + flushes.length + count / 16 + 1
        const kept = keepsOrder ? store.kept : store.kept.toSorted((a, b) => Number(a) - Number(b))
        expect(kept).toEqual(range(count).filter(id => !refused.has(Number(id))))
        expect(notifier.stats).toMatchObject({ dropped: refused.size, queued: 0 })
        expect(store.requests.length).toBeLessThanOrEqual(
          batches + 2 * refused.size * Math.ceil(Math.log2(batchSize + 1)) + failed,
        )
        expect(store.requests.length).toBeLessThanOrEqual(2 * count + flushes.length + failed + 1)
        expectExact(notifier)
      }),
      { numRuns: 150 },
    )
  })

  it('has counts that add up at every moment, even if outcomes are unknown or close() times out', async () => {
    const outcome = fc.constantFrom(
      'take',
      'take',
      'refuse',
      'refuse some',
      'know some',
      'hold some',
      'hold all',
      'fail',
      'unknown',
      'hang',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 60 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 15 }),
        async (outcomes, bursts, batchSize, timeout) => {
          let kept = 0
          const notifier = create(
            async records => {
              expectExact(notifier)
              const next = outcomes.shift()
              if (next === 'refuse') throw refusal('never')
              if (next === 'fail') throw new OsprofilerError('ERR_STORE', 'down')
              if (next === 'unknown') throw new OsprofilerError('ERR_WRITE_UNCERTAIN', 'broke')
              if (next === 'hang') return await new Promise<undefined>(() => {})
              const held = next === 'hold all' ? records.map((_, at) => at) : next === 'hold some' ? [0] : []
              const unknown = next === 'know some' ? 1 : 0
              const refused = next === 'refuse some' ? Math.min(2, records.length) : 0
              kept += records.length - held.length - refused - unknown
              return { refused, held, unknown }
            },
            { batchSize },
          )
          notifier.on('drop', () => expectExact(notifier)).on('error', () => expectExact(notifier))

          for (const burst of bursts) {
            emit(notifier, range(burst))
            expectExact(notifier)
            await notifier.flush(timeout)
            expectExact(notifier)
          }
          await notifier.close(timeout)

          expectExact(notifier)
          expect(notifier.stats.queued).toBe(0)
          expect(notifier.stats.written).toBe(kept)
        },
      ),
      { numRuns: 150 },
    )
  })
})
