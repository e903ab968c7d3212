import { setImmediate } from 'node:timers/promises'
import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectWarnings } from './fixtures/collect-warnings.js'
import { emit, expectExact, openNotifier, range } from './fixtures/quick-notifier.js'

type Records = readonly TraceRecord[]

/**
 * Creates a store behind a proxy that answers 403, or breaks the connection, if a request contains a record for which
 * `isCulprit` returns true.
 */
function createStore(isCulprit: (id: string) => boolean, code: OsprofilerError['code'] = 'ERR_STORE') {
  const kept: string[] = []
  const requests: string[][] = []
  const state = { isDown: false }
  async function write(records: Records): Promise<undefined> {
    const ids = records.map(({ trace_id }) => trace_id)
    requests.push(ids)
    if (state.isDown) throw new OsprofilerError('ERR_STORE', 'It is down.')
    if (ids.some(isCulprit)) throw new OsprofilerError(code, 'It answered 403.')
    kept.push(...ids)
  }
  return { kept, requests, state, write, check: async () => !state.isDown }
}

function sorted(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => Number(a) - Number(b))
}

describe('a record that makes every request fail', () => {
  it.each(['0', '1', '50', '100'])(
    'is dropped and reported, while all other records are kept: record %s of 101',
    async culprit => {
      const warnings = await collectWarnings()
      const store = createStore(id => id === culprit)
      const notifier = openNotifier(store)

      emit(notifier, range(101))
      await notifier.flush()
      await setImmediate()

      expect(sorted(store.kept)).toEqual(range(101).filter(id => id !== culprit))
      expect(notifier.stats).toMatchObject({ emitted: 101, written: 100, dropped: 1, unknown: 0, queued: 0 })
      expect(notifier.stats.droppedByReason.refused).toBe(1)
      expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringContaining('It answered 403.'))
      expect(warnings.map(({ code }) => code)).toContain('OSPROFILER_RECORDS_DROPPED')
      expect(store.requests.length).toBeLessThan(40)
    },
  )

  it.each([1, 2, 16, 500])(
    'is dropped, while all other records are kept, even if there are several such records and batches have %i records',
    async batchSize => {
      const store = createStore(id => Number(id) % 40 === 3)
      const notifier = openNotifier(store, { batchSize })

      emit(notifier, range(400))
      await notifier.flush()

      expect(sorted(store.kept)).toEqual(range(400).filter(id => Number(id) % 40 !== 3))
      expect(notifier.stats).toMatchObject({ written: 390, dropped: 10, queued: 0 })
    },
  )

  it('is kept while there are no other records, and is dropped once the store accepts other records', async () => {
    const { check: _, ...store } = createStore(id => id === '0')
    const notifier = openNotifier(store)

    emit(notifier, ['0'])
    await notifier.flush(100)
    expect(notifier.stats).toMatchObject({ dropped: 0, queued: 1 })
    for (let id = 1; id < 2_000 && notifier.stats.dropped === 0; id++) {
      emit(notifier, [String(id)])
      await notifier.flush(5)
    }

    expect(notifier.stats).toMatchObject({ dropped: 1, queued: 0, written: notifier.stats.emitted - 1 })
  })
})

describe('a store that accepts no records', () => {
  it('gets no additional requests from the search for a failing record, and loses no records', async () => {
    const store = createStore(() => false)
    store.state.isDown = true
    const notifier = openNotifier(store, { batchSize: 50, minBackoff: 10, maxBackoff: 10 })

    emit(notifier, range(300))
    await notifier.flush(300)
    const { length } = store.requests
    const during = notifier.stats
    store.state.isDown = false
    await notifier.flush()

    expect(length).toBeLessThanOrEqual(32)
    expect(store.requests.slice(0, length).every(ids => ids.length === 50 || ids.length === 1)).toBe(true)
    expect(during).toMatchObject({ written: 0, dropped: 0, queued: 300 })
    expect(sorted(store.kept)).toEqual(range(300))
  })

  it('loses only the failing record if the outage starts during the search', async () => {
    const store = createStore(id => id === '77')
    const notifier = openNotifier(store, { batchSize: 100 })

    emit(notifier, range(400))
    await expect.poll(() => notifier.stats.written).toBeGreaterThan(0)
    store.state.isDown = true
    await notifier.flush(200)
    const during = notifier.stats
    store.state.isDown = false
    await notifier.flush()

    expect(during.dropped).toBeLessThanOrEqual(1)
    expect(sorted(store.kept)).toEqual(range(400).filter(id => id !== '77'))
    expect(notifier.stats).toMatchObject({ written: 399, dropped: 1, queued: 0 })
  })

  it('loses exactly the failing records if there are several outages, and the counts add up', async () => {
    const runs = fc.record({
      count: fc.integer({ min: 2, max: 200 }),
      culprits: fc.array(fc.nat(199), { maxLength: 6 }),
      batchSize: fc.integer({ min: 1, max: 120 }),
      outages: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(runs, async ({ count, culprits, batchSize, outages }) => {
        const bad = new Set(culprits.filter(at => at < count).map(String))
        const store = createStore(id => bad.has(id))
        let left = outages.shift() ?? 0
        const notifier = openNotifier(
          {
            check: store.check,
            write(records) {
              expectExact(notifier)
              store.state.isDown = left % 2 === 1
              if (Math.abs(left) > 0) left--
              else left = outages.shift() ?? 0
              return store.write(records)
            },
          },
          { batchSize, minBackoff: 1, maxBackoff: 1 },
        )
        notifier.on('drop', () => expectExact(notifier)).on('error', () => expectExact(notifier))

        emit(notifier, range(count))
        await notifier.flush(20_000)

        const isAllBad = bad.size === count
        expect(sorted(store.kept)).toEqual(range(count).filter(id => !bad.has(id)))
        if (!isAllBad) expect(notifier.stats).toMatchObject({ dropped: bad.size, queued: 0 })
        expectExact(notifier)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('writes that end without an answer', () => {
  it('become smaller, so that a record that always breaks the connection affects few other records', async () => {
    const warnings = await collectWarnings()
    const store = createStore(id => Number(id) % 50 === 0, 'ERR_WRITE_UNCERTAIN')
    const notifier = openNotifier(store)

    emit(notifier, range(5_000))
    await notifier.flush()
    await setImmediate()

    expect(notifier.stats.unknown).toBeLessThan(1_200)
    expect(notifier.stats).toMatchObject({ dropped: 0, queued: 0, written: 5_000 - notifier.stats.unknown })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_UNCERTAIN'])
  })

  it('cause a warning even if every second write succeeds', async () => {
    const warnings = await collectWarnings()
    const store = createStore(id => Number(id) % 2 === 0, 'ERR_WRITE_UNCERTAIN')
    const notifier = openNotifier(store, { batchSize: 1 })

    emit(notifier, range(20))
    await notifier.flush()
    await setImmediate()

    expect(warnings.filter(({ code }) => code === 'OSPROFILER_RECORDS_UNCERTAIN')).toHaveLength(1)
    expect(notifier.stats).toMatchObject({ written: 10, unknown: 10 })
  })

  it('become larger again after several answers', async () => {
    const store = createStore(id => id === '0', 'ERR_WRITE_UNCERTAIN')
    const notifier = openNotifier(store, { batchSize: 100 })

    emit(notifier, range(4_000))
    await notifier.flush()

    expect(notifier.stats).toMatchObject({ written: 3_900, unknown: 100 })
    expect(store.requests.map(ids => ids.length)).toEqual(expect.arrayContaining([25, 50, 100]))
  })

  it('are reported in the trace of their records', async () => {
    const written: TraceRecord[] = []
    const notifier = openNotifier(
      {
        async write(records) {
          if (records.some(({ trace_id }) => trace_id === 'bad'))
            throw new OsprofilerError('ERR_WRITE_UNCERTAIN', 'broke')
          written.push(...records)
          return undefined
        },
      },
      { batchSize: 1 },
    )

    emit(notifier, ['root', 'bad'], { base_id: 'trace' })
    emit(notifier, ['root'], { base_id: 'trace', name: 'a-stop' })
    await notifier.flush()

    expect(written.at(-1)?.info).toEqual({ records_dropped: 1 })
  })
})
