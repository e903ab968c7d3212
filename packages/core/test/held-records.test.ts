import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import {
  type Driver,
  type NotifierOptions,
  OsprofilerError,
  type QueueNotifier,
  type TraceRecord,
  type WriteResult,
} from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { collectWarnings } from './fixtures/collect-warnings.js'
import { emit, openNotifier, range } from './fixtures/quick-notifier.js'

type Records = readonly TraceRecord[]

function create(write: Driver['write'], options?: NotifierOptions): QueueNotifier {
  return openNotifier({ write }, options)
}

/** Creates a store that answers "try later" to the records for which `holds` returns true. */
function createStore(holds: (id: string) => boolean) {
  const kept: string[] = []
  const tries: string[] = []
  async function write(records: Records): Promise<WriteResult> {
    const ids = records.map(({ trace_id }) => trace_id)
    tries.push(...ids)
    const held = ids.flatMap((id, at) => (holds(id) ? [at] : []))
    kept.push(...ids.filter((_, at) => !held.includes(at)))
    return { refused: 0, held, reason: 'It answered 429.' }
  }
  return { kept, tries, write }
}

describe('a record that the store always postpones', () => {
  it('delays no other record, and is dropped and reported after several tries', async () => {
    const warnings = await collectWarnings()
    const store = createStore(id => id === '3')
    const notifier = create(store.write, { batchSize: 10 })

    emit(notifier, range(50))
    await notifier.flush()
    await setImmediate()

    expect(store.kept).toEqual(range(50).filter(id => id !== '3'))
    expect(store.tries.filter(id => id === '3')).toHaveLength(10)
    expect(notifier.stats).toMatchObject({ emitted: 50, written: 49, dropped: 1, queued: 0, retried: 9 })
    expect(notifier.stats.droppedByReason.refused).toBe(1)
    expect(warnings).toEqual([
      {
        code: 'OSPROFILER_RECORDS_DROPPED',
        message: 'Records are dropped: the store (test) refuses them. It answered 429. notifier.stats has the numbers.',
      },
    ])
  })

  it('delays no other record, even if it is so large that it fills a batch', async () => {
    const warnings = await collectWarnings()
    const store = createStore(id => id === 'large')
    const notifier = create(store.write)

    emit(notifier, ['large'], { info: { text: 'x'.repeat(3_000_000) } })
    emit(notifier, range(50))
    await notifier.flush()
    await setImmediate()

    expect(store.kept).toEqual(range(50))
    expect(notifier.stats).toMatchObject({ written: 50, dropped: 1, queued: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_RECORDS_DROPPED'])
  })

  it('delays no other record, even if the program keeps emitting such records', async () => {
    const store = createStore(id => Number(id) % 5 === 0)
    const notifier = create(store.write, { batchSize: 1 })

    emit(notifier, range(60))
    await notifier.flush()

    expect(store.kept).toEqual(range(60).filter(id => Number(id) % 5 !== 0))
    expect(notifier.stats).toMatchObject({ written: 48, dropped: 12, queued: 0 })
  })

  it('is dropped even in an idle program that writes no other records', async () => {
    const store = createStore(id => id === '0')
    const notifier = create(store.write)

    emit(notifier, range(2))
    await expect.poll(() => notifier.stats.dropped).toBe(1)

    expect(notifier.stats).toMatchObject({ written: 1, queued: 0 })
  })

  it('is dropped with the reason "closed" if close() times out first', async () => {
    const store = createStore(id => id === '0')
    const notifier = create(store.write, { minBackoff: 60_000, maxBackoff: 60_000 })

    emit(notifier, range(5))
    await notifier.close(20)

    expect(notifier.stats).toMatchObject({ emitted: 5, written: 4, dropped: 1, queued: 0 })
    expect(notifier.stats.droppedByReason.closed).toBe(1)
  })

  it.each([
    ['is postponed', async (records: Records) => ({ refused: 0, held: records.map((_, at) => at) })],
    ['fails', () => Promise.reject(new OsprofilerError('ERR_STORE', 'It answered 429.'))],
  ])(
    'is the only dropped record if each request that contains it %s and the store accepts other records',
    async (_, answer) => {
      const kept: string[] = []
      let isNew = true
      const notifier = create(
        async records => {
          const ids = records.map(({ trace_id }) => trace_id)
          if (ids.includes('3') && isNew) {
            isNew = ids.length === 10 && kept.length === 0
            return { refused: 0, held: ids.map((_, at) => at) }
          }
          if (ids.includes('3')) return await answer(records)
          kept.push(...ids)
          return undefined
        },
        { batchSize: 10 },
      )

      emit(notifier, range(20))
      for (let more = 20; more < 2_000 && notifier.stats.dropped === 0; more += 10) {
        emit(notifier, range(10, more))
        await notifier.flush(10)
      }
      await notifier.flush()

      expect(notifier.stats).toMatchObject({ dropped: 1, written: notifier.stats.emitted - 1 })
      expect(kept).not.toContain('3')
    },
  )
})

describe('an overloaded store', () => {
  it.each([
    ['postpones every record', async (records: Records) => ({ refused: 0, held: records.map((_, at) => at) })],
    ['fails', () => Promise.reject(new OsprofilerError('ERR_STORE', 'It answered 429.'))],
  ])('loses no records if it %s', async (_, overloaded) => {
    const warnings = await collectWarnings()
    let isOverloaded = true
    const kept: string[] = []
    const notifier = create(
      async records => {
        if (isOverloaded) return await overloaded(records)
        kept.push(...records.map(({ trace_id }) => trace_id))
        return undefined
      },
      { batchSize: 50 },
    )

    emit(notifier, range(400))
    await notifier.flush(200)
    expect(notifier.stats).toMatchObject({ written: 0, dropped: 0, queued: 400 })
    isOverloaded = false
    await notifier.flush()

    expect(kept.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(400))
    expect(notifier.stats).toMatchObject({ emitted: 400, written: 400, dropped: 0, queued: 0 })
    expect(warnings.map(({ code }) => code)).toEqual(['OSPROFILER_STORE_UNREACHABLE'])
  })

  it('loses no records if the program emits few records', async () => {
    let isOverloaded = true
    const store = createStore(() => isOverloaded)
    const notifier = create(store.write)

    for (let round = 0; round < 5; round++) {
      emit(notifier, range(2, 2 * round))
      await notifier.flush(100)
    }
    isOverloaded = false
    await notifier.flush()

    expect(notifier.stats).toMatchObject({ emitted: 10, written: 10, dropped: 0 })
  })

  it('loses no records if it accepts a part of each batch', async () => {
    let rounds = 0
    const seen = new Map<string, number>()
    const store = createStore(id => {
      const times = (seen.get(id) ?? 0) + 1
      seen.set(id, times)
      return times <= Number(id) % 4
    })
    const notifier = create(records => {
      rounds++
      return store.write(records)
    })

    emit(notifier, range(1_000))
    await notifier.flush()

    expect(store.kept.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(1_000))
    expect(notifier.stats).toMatchObject({ written: 1_000, dropped: 0 })
    expect(rounds).toBeLessThan(20)
  })

  it('loses no postponed records, even if the overload lasts long', async () => {
    let isOverloaded = true
    const store = createStore(id => isOverloaded && Number(id) >= 100)
    const notifier = create(store.write)

    emit(notifier, range(300))
    await notifier.flush(300)
    expect(notifier.stats).toMatchObject({ written: 100, dropped: 0, queued: 200 })
    isOverloaded = false
    await notifier.flush()

    expect(notifier.stats).toMatchObject({ written: 300, dropped: 0, queued: 0 })
  })

  it('causes no memory use beyond the limit of the queue', async () => {
    const notifier = create(createStore(() => true).write, { maxBytes: 1_000_000, batchSize: 10 })

    for (let round = 0; round < 50; round++) {
      emit(notifier, range(20), { info: { text: 'x'.repeat(10_000) } })
      await delay(2)
    }

    expect(notifier.stats.queued).toBeLessThan(150)
    expect(notifier.stats.droppedByReason.refused).toBe(0)
  })
})

describe('a driver that returns invalid positions of postponed records', () => {
  it.each([[[-1]], [[99]], [[0.5]], [[NaN]], [['0']], ['0'], [{ length: 1, 0: 0 }], [null], [[0, 0, 0]]])(
    'does not break the counts: %j',
    async held => {
      let writes = 0
      const notifier = create(async () =>
        ++writes === 1 ? ({ refused: 0, held } as unknown as WriteResult) : undefined,
      )

      emit(notifier, range(3))
      await notifier.flush()

      expect(notifier.stats).toMatchObject({ emitted: 3, written: 3, dropped: 0, queued: 0 })
    },
  )
})
