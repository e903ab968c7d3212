import { setTimeout as delay } from 'node:timers/promises'
import {
  configure,
  createNotifier,
  type Driver,
  get,
  type NotifierOptions,
  OsprofilerError,
  type QueueNotifier,
  run,
  setNotifier,
  start,
  type TraceRecord,
  type WriteResult,
  withTrace,
} from '@osprofiler/core'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'

const tick = () => new Promise(resolve => setImmediate(resolve))
const open: QueueNotifier[] = []

afterEach(async () => {
  setNotifier(undefined)
  for (const notifier of open.splice(0)) await notifier.close(1)
})

function create(write: (records: readonly TraceRecord[]) => unknown, options?: NotifierOptions) {
  const driver: Driver = { name: 'test', write: write as Driver['write'], close: async () => {} }
  const notifier = createNotifier(driver, options)
  open.push(notifier)
  return notifier
}

function record(name = 'a-start', info: object = {}): TraceRecord {
  return {
    name,
    base_id: 'base',
    parent_id: 'base',
    trace_id: 'point',
    timestamp: '2026-11-22T12:00:00.000000',
    info: info as TraceRecord['info'],
    project: 'p',
    service: 's',
  }
}

function emit(notifier: QueueNotifier, count: number, from = 0): void {
  for (let index = from; index < from + count; index++) notifier(record(`r${index}-start`))
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 30_000; !condition(); await delay(2)) {
    if (performance.now() > deadline) throw new Error(`Timed out while waiting for: ${condition}`)
  }
}

function expectExact({ stats }: QueueNotifier): void {
  expect(stats.emitted).toBe(stats.written + stats.dropped + stats.unknown + stats.queued)
}

describe('delivery', () => {
  it('writes records in order, in batches, with one write at a time', async () => {
    const batches: number[] = []
    const names: string[] = []
    let inFlight = 0
    let most = 0
    const notifier = create(
      async records => {
        most = Math.max(most, ++inFlight)
        batches.push(records.length)
        names.push(...records.map(({ name }) => name))
        await delay(2)
        inFlight--
      },
      { batchSize: 10 },
    )
    emit(notifier, 95)
    await notifier.flush()

    expect(batches).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 5])
    expect(most).toBe(1)
    expect(names).toEqual(Array.from({ length: 95 }, (_, index) => `r${index}-start`))
    expect(notifier.stats).toMatchObject({ emitted: 95, written: 95, dropped: 0, unknown: 0, queued: 0, retried: 0 })
  })

  it('starts by itself soon after the first record', async () => {
    const taken: TraceRecord[] = []
    const notifier = create(async records => void taken.push(...records))

    notifier(record())
    const atOnce = taken.length
    await until(() => taken.length === 1)

    expect(atOnce).toBe(0)
  })

  it('starts at once when a batch is full', async () => {
    const taken: TraceRecord[] = []
    const notifier = create(async records => void taken.push(...records), { batchSize: 3, flushAfter: 60_000 })
    emit(notifier, 3)
    await until(() => taken.length === 3)

    expect(notifier.stats.written).toBe(3)
  })

  it('does no work in the call that emits a record', () => {
    let writes = 0
    const notifier = create(async () => void writes++, { batchSize: 1 })
    emit(notifier, 1_000)

    expect(writes).toBe(0)
    expect(notifier.stats.queued).toBe(1_000)
  })

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects with undefined', () => Promise.reject()],
    ['rejects with a value that throws on every access', () => Promise.reject(Proxy.revocable({}, {}).proxy)],
  ])('tries again, with growing pauses, when the store %s, and recovers by itself', async (_, fail) => {
    const tries: number[] = []
    const taken: string[] = []
    const notifier = create(
      records => {
        tries.push(performance.now())
        if (tries.length <= 4) return fail()
        taken.push(...records.map(({ name }) => name))
        return Promise.resolve()
      },
      { batchSize: 2, flushAfter: 1, minBackoff: 8, maxBackoff: 20 },
    )
    emit(notifier, 3)
    await until(() => notifier.stats.written === 3)

    const pauses = tries.slice(1, 5).map((at, index) => at - (tries[index] ?? 0))
    for (const [index, least] of [8, 16, 20, 20].entries()) expect(pauses[index]).toBeGreaterThan(least - 2)
    expect(taken).toEqual(['r0-start', 'r1-start', 'r2-start'])
    expect(notifier.stats).toMatchObject({ emitted: 3, written: 3, dropped: 0, unknown: 0, queued: 0, retried: 8 })
  })

  it('continues after a rejection with an object that throws whenever it is read', async () => {
    const hostile = new Proxy(
      {},
      Object.fromEntries(
        Reflect.ownKeys(Reflect).map(trap => [
          trap,
          () => {
            throw new Error('trap')
          },
        ]),
      ),
    )
    let tries = 0
    const notifier = create(() => (++tries === 1 ? Promise.reject(hostile) : Promise.resolve()), {
      flushAfter: 1,
      minBackoff: 1,
    })
    notifier(record())
    await until(() => notifier.stats.written === 1)

    expect(tries).toBe(2)
  })

  it('counts refused records as dropped', async () => {
    const drops: unknown[] = []
    const results: (WriteResult | OsprofilerError)[] = [
      { refused: 1 },
      new OsprofilerError('ERR_WRITE_REFUSED', 'not both'),
      { refused: 0 },
      new OsprofilerError('ERR_WRITE_REFUSED', 'not this one'),
      { refused: 2 },
    ]
    const notifier = create(
      () => {
        const result = results.shift()
        return result instanceof Error ? Promise.reject(result) : Promise.resolve(result)
      },
      { batchSize: 2 },
    )
    notifier.on('drop', (count, reason) => drops.push([count, reason]))
    emit(notifier, 6)
    await notifier.flush()

    expect(notifier.stats).toMatchObject({ emitted: 6, written: 2, dropped: 4, unknown: 0, queued: 0, retried: 0 })
    expect(drops).toEqual([
      [1, 'refused'],
      [1, 'refused'],
      [2, 'refused'],
    ])
  })

  it('does not resend records that may have arrived, and counts them as unknown', async () => {
    let writes = 0
    const notifier = create(() => {
      writes++
      return Promise.reject(new OsprofilerError('ERR_WRITE_UNCERTAIN', 'the connection broke'))
    })
    emit(notifier, 3)
    await notifier.flush()

    expect(writes).toBe(1)
    expect(notifier.stats).toMatchObject({ emitted: 3, written: 0, unknown: 3, queued: 0 })
  })

  it.each([
    [{ refused: NaN }],
    [{ refused: -1 }],
    [{ refused: 0.5 }],
    [{ refused: 99 }],
    [{ refused: '1' }],
    [{}],
    [null],
    [7],
  ])('keeps exact counts if a write resolves to an invalid result: %j', async result => {
    const notifier = create(() => Promise.resolve(result))
    emit(notifier, 3)
    await notifier.flush()

    const { written, dropped } = notifier.stats
    expect(Number.isInteger(written) && Number.isInteger(dropped)).toBe(true)
    expect(written + dropped).toBe(3)
  })
})

describe('the counts', () => {
  it('add up at every moment, with any behavior of the store', async () => {
    const outcome = fc.constantFrom('take', 'slow', 'refuse', 'refuse all', 'fail', 'throw', 'uncertain')
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        async (outcomes, bursts, batchSize, maxRecords, hangs) => {
          let kept = 0
          let refused = 0
          const look = () => expectExact(notifier)
          const notifier = create(
            records => {
              look()
              const next = outcomes.shift()
              if (next === 'fail') return Promise.reject(new Error('down'))
              if (next === 'throw') throw new Error('down')
              if (next === 'uncertain') return Promise.reject(new OsprofilerError('ERR_WRITE_UNCERTAIN', 'broke'))
              if (next === 'refuse all') {
                if (records.length === 1) refused++
                return Promise.reject(new OsprofilerError('ERR_WRITE_REFUSED', 'never'))
              }
              if (next === undefined && hangs) return new Promise(() => {})
              const few = next === 'refuse' ? 1 : 0
              refused += few
              kept += records.length - few
              return next === 'slow' ? delay(1, { refused: few }) : Promise.resolve({ refused: few })
            },
            { batchSize, maxRecords, flushAfter: 1, minBackoff: 1, maxBackoff: 2 },
          )
          let full = 0
          notifier.on('drop', (count, reason) => {
            look()
            if (reason === 'queue-full') full += count
          })
          notifier.on('error', look)
          for (const burst of bursts) {
            emit(notifier, burst)
            look()
            if (burst % 2 === 0) await tick()
            look()
          }
          const emitted = bursts.reduce((sum, burst) => sum + burst, 0)
          await notifier.close(hangs ? 5 : 5_000)
          look()
          notifier(record())

          expect(notifier.stats.queued).toBe(0)
          expect(notifier.stats.emitted).toBe(emitted + 1)
          // The store may have kept the records of a write that ended after the time limit.
          expect(notifier.stats.written).toBeLessThanOrEqual(kept)
          if (!hangs) expect(notifier.stats.written).toBe(kept)
          if (!hangs) expect(notifier.stats.dropped).toBe(refused + full + 1)
          look()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('add up even for values that are not records', async () => {
    const notifier = create(async () => undefined)
    const hostile = Object.defineProperty({}, 'member', {
      enumerable: true,
      get() {
        throw new Error('hostile')
      },
    })
    for (const nonsense of [null, undefined, {}, 'text', record('a', hostile), Proxy.revocable({}, {}).proxy]) {
      try {
        notifier(nonsense as TraceRecord)
      } catch {
        // The notifier may throw. Only the counts matter here.
      }
      expectExact(notifier)
    }
    await notifier.close()
    expectExact(notifier)
  })
})

describe('a notifier with an unreachable store', () => {
  it('keeps a limited number of records', async () => {
    const drops: unknown[] = []
    const notifier = create(() => new Promise(() => {}), { maxRecords: 100, batchSize: 10, flushAfter: 1 })
    notifier.on('drop', (count, reason) => drops.push([count, reason]))
    emit(notifier, 50)
    await until(() => notifier.stats.queued === 50)
    await delay(20)
    emit(notifier, 10_000)

    // 100 records wait, and a batch of 10 is being written.
    expect(notifier.stats).toMatchObject({ emitted: 10_050, queued: 110, dropped: 9_940 })
    expect(drops).toHaveLength(9_940)
    expect(drops[0]).toEqual([1, 'queue-full'])
  })

  it('keeps a limited amount of memory', async () => {
    const notifier = create(() => Promise.reject(new Error('down')), { maxBytes: 1_000_000, batchSize: 10 })
    for (let index = 0; index < 1_000; index++) notifier(record('big-start', { text: 'x'.repeat(50_000) }))
    const { queued, dropped } = notifier.stats

    expect(queued).toBeLessThanOrEqual(20)
    expect(queued).toBeGreaterThan(10)
    expect(dropped).toBe(1_000 - queued)
  })

  it('does not drop new records once the store accepts records again', async () => {
    let alive = false
    const notifier = create(() => (alive ? Promise.resolve() : Promise.reject(new Error('down'))), {
      maxBytes: 100_000,
      flushAfter: 1,
      minBackoff: 1,
    })
    for (let round = 0; round < 3; round++) {
      alive = false
      for (let index = 0; index < 100; index++) notifier(record('big-start', { text: 'x'.repeat(5_000) }))
      alive = true
      await notifier.flush()
    }

    expect(notifier.stats.queued).toBe(0)
    expect(notifier.stats.written).toBeGreaterThanOrEqual(3 * 18)
    expectExact(notifier)
  })
})

describe('flush', () => {
  it('retries a failing store with growing pauses, like a delivery without flush()', async () => {
    let tries = 0
    const notifier = create(() => {
      tries++
      throw new Error('wrong password')
    })
    emit(notifier, 1)

    await notifier.flush(1_500)

    expect(tries).toBeGreaterThan(1)
    expect(tries).toBeLessThan(8)
    await notifier.close(1)
  })

  it('resolves at once if no records are waiting', async () => {
    const notifier = create(() => new Promise(() => {}))
    await notifier.flush()
    await notifier.close()

    expect(notifier.stats.emitted).toBe(0)
  })

  it('waits for the records that are queued at the call, and not for later records', async () => {
    const gates: (() => void)[] = []
    const notifier = create(() => new Promise<void>(resolve => gates.push(resolve)), { batchSize: 1 })
    notifier(record())
    const flushed = notifier.flush()
    await until(() => gates.length === 1)
    notifier(record())
    gates[0]?.()
    await flushed

    expect(notifier.stats).toMatchObject({ written: 1, queued: 1 })
    gates[1]?.()
  })

  it('resolves after its timeout if the store hangs', async () => {
    const notifier = create(() => new Promise(() => {}))
    notifier(record())
    const asked = performance.now()
    await notifier.flush(30)

    expect(performance.now() - asked).toBeLessThan(5_000)
    expect(notifier.stats).toMatchObject({ queued: 1, dropped: 0 })
  })

  it('ends the current pause, and retries often until the flush ends', async () => {
    let alive = false
    let tries = 0
    const notifier = create(
      () => {
        tries++
        return alive ? Promise.resolve() : Promise.reject(new Error('down'))
      },
      { flushAfter: 1, minBackoff: 20, maxBackoff: 60_000 },
    )
    notifier(record())
    // After 7 tries, the next pause is longer than a second. The flush must not wait until this pause is over.
    await until(() => tries >= 7)
    setTimeout(() => {
      alive = true
    }, 100)
    await notifier.flush(10_000)

    expect(notifier.stats).toMatchObject({ written: 1, queued: 0 })
  })

  it('accepts Infinity as its timeout', async () => {
    const warnings: string[] = []
    const listen = (warning: Error) => warnings.push(warning.name)
    process.on('warning', listen)
    let taken = false
    const notifier = create(
      async () => {
        await delay(30)
        taken = true
      },
      { flushAfter: Infinity },
    )
    notifier(record())
    await notifier.flush(Infinity)
    await tick()
    process.off('warning', listen)

    expect(taken).toBe(true)
    expect(warnings).toEqual([])
  })
})

describe('close', () => {
  it('delivers records that are emitted during the delivery, and then accepts no further records', async () => {
    let release: () => void = () => undefined
    const written: number[] = []
    const notifier = create(async records => {
      await new Promise<void>(resolve => {
        release = resolve
      })
      written.push(records.length)
    })

    emit(notifier, 2)
    const closing = notifier.close()
    await tick()
    emit(notifier, 3, 2)
    release()
    await until(() => written.length === 1)
    await tick()
    emit(notifier, 4, 5)
    release()
    await closing

    expect(written).toEqual([2, 3])
    expect(notifier.stats).toMatchObject({ emitted: 9, written: 5, dropped: 4, unknown: 0, queued: 0 })
  })

  it('delivers the waiting records, and then accepts no further records', async () => {
    const drops: unknown[] = []
    const notifier = create(() => delay(5), { batchSize: 2 })
    notifier.on('drop', (count, reason) => drops.push([count, reason]))
    emit(notifier, 5)
    await notifier.close()
    notifier(record())
    await notifier.close()

    expect(notifier.stats).toMatchObject({ emitted: 6, written: 5, dropped: 1, queued: 0 })
    expect(drops).toEqual([[1, 'closed']])
  })

  it('stops after its timeout, and drops the records of the unfinished write and the waiting records', async () => {
    const notifier = create(() => new Promise(() => {}), { batchSize: 2 })
    emit(notifier, 5)
    const flushed = notifier.flush(60_000)
    await notifier.close(20)
    await flushed

    expect(notifier.stats).toMatchObject({ emitted: 5, written: 0, dropped: 5, unknown: 0, queued: 0, retried: 0 })
  })

  it('counts a batch as dropped if the batch is waiting for its next try', async () => {
    const notifier = create(() => Promise.reject(new Error('down')), { batchSize: 2, minBackoff: 60_000 })
    emit(notifier, 3)
    await notifier.close(20)

    expect(notifier.stats).toMatchObject({ emitted: 3, dropped: 3, unknown: 0, queued: 0 })
  })

  it('keeps exact counts if a hanging write ends after close()', async () => {
    let finish = () => {}
    const notifier = create(
      () =>
        new Promise<void>(resolve => {
          finish = resolve
        }),
    )
    emit(notifier, 2)
    await notifier.close(20)
    finish()
    await tick()

    expect(notifier.stats).toMatchObject({ emitted: 2, written: 0, dropped: 2, unknown: 0, queued: 0, retried: 0 })
  })

  it('can be called twice at the same time', async () => {
    const notifier = create(() => delay(5))
    emit(notifier, 3)
    await Promise.all([notifier.close(), notifier.close(), notifier.flush()])

    expect(notifier.stats).toMatchObject({ emitted: 3, written: 3, dropped: 0, queued: 0 })
  })
})

describe('a listener', () => {
  it('that throws or rejects affects neither the delivery nor the other listeners', async () => {
    const told: string[] = []
    const unhandled: unknown[] = []
    const listen = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listen)
    let tries = 0
    const notifier = create(() => (++tries < 3 ? Promise.reject(new Error('down')) : Promise.resolve()), {
      maxRecords: 2,
      flushAfter: 1,
      minBackoff: 1,
    })
    for (const event of ['drop', 'error'] as const) {
      notifier.on(event as 'drop', () => {
        throw new Error('listener')
      })
      notifier.on(event as 'drop', async () => {
        throw new Error('listener')
      })
      notifier.on(event as 'drop', () => void told.push(event))
    }
    emit(notifier, 3)
    await until(() => notifier.stats.written === 2)
    await tick()
    process.off('unhandledRejection', listen)

    expect(told).toEqual(['drop', 'error', 'error'])
    expect(unhandled).toEqual([])
  })

  it('runs untraced, so that a listener does not cause records that call the listener again', () => {
    const notifier = create(() => new Promise(() => {}), { maxRecords: 1 })
    setNotifier(notifier)
    let told = 0
    notifier.on('drop', () => {
      told++
      withTrace('logging', () => start('more').stop())
    })
    run({ hmacKey: 'KEY' }, () => start('a').stop())

    expect(told).toBe(1)
    expect(notifier.stats).toMatchObject({ emitted: 2, dropped: 1 })
  })
})

describe('the I/O of a driver', () => {
  it('is never traced, even for records of a traced request', async () => {
    const seen: unknown[] = []
    const names: string[] = []
    let tries = 0
    const notifier = create(
      async records => {
        names.push(...records.map(({ name }) => name))
        seen.push(get())
        await withTrace('store', tick)
        start('store')
        if (++tries === 1) throw new Error('down')
        seen.push(get())
      },
      { batchSize: 2, flushAfter: 1, minBackoff: 1 },
    )
    setNotifier(notifier)
    await run({ hmacKey: 'KEY' }, async () => {
      await withTrace('request', tick)
      await withTrace('request', () => delay(20))
      await withTrace('request', () => notifier.flush())
    })
    await notifier.flush()

    expect(new Set(names)).toEqual(new Set(['request-start', 'request-stop']))
    expect(new Set(seen)).toEqual(new Set([undefined]))
    expect(notifier.stats.emitted).toBe(6)
  })
})

describe('createNotifier', () => {
  it.each([
    ['maxRecords', 0],
    ['batchSize', -1],
    ['flushAfter', NaN],
    ['maxBytes', '1'],
  ])('refuses an option that is not a positive number: %s = %s', (name, value) => {
    expect(() => create(async () => undefined, { [name]: value } as NotifierOptions)).toThrow(TypeError)
  })

  it('creates a notifier for setNotifier()', async () => {
    const services: string[] = []
    const restore = configure({ service: 'shop' })
    const notifier = create(async records => void services.push(...records.map(({ service }) => service)))
    setNotifier(notifier)
    run({ hmacKey: 'KEY' }, () => start('a').stop())
    await notifier.close()
    restore()

    expect(services).toEqual(['shop', 'shop'])
  })
})
