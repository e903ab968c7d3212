import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { configure, setNotifier, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer, type HttpOptions, type RefusalReason, type RequestTracer } from '@osprofiler/core/http'
import { v4, v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRateLimit } from '../src/http/rate-limit.js'
import { countHmacs } from './fixtures/count-hmacs.js'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'
import { heapGrowth } from './fixtures/heap-growth.js'

dropRecords()

let now: number
beforeEach(() => {
  now = Math.ceil(performance.now())
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** The time is what the test says from here on. */
function holdClock(): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now)
}

describe('createRateLimit', () => {
  function passed(mayPass: () => boolean, tries: number): number {
    return Array.from({ length: tries }, mayPass).filter(Boolean).length
  }

  it('lets as many pass at once as in a second, and no more than that after any pause', () => {
    holdClock()
    const mayPass = createRateLimit(4)
    expect(passed(mayPass, 10)).toBe(4)

    now += 249
    expect(passed(mayPass, 10)).toBe(0)
    now += 1
    expect(passed(mayPass, 10)).toBe(1)
    now += 1_000
    expect(passed(mayPass, 10)).toBe(4)
    now += 3_600_000
    expect(passed(mayPass, 10)).toBe(4)
  })

  it('lets one pass in two seconds at a rate of a half, none at 0, and all at infinity', () => {
    holdClock()
    const half = createRateLimit(0.5)
    expect(passed(half, 3)).toBe(1)
    now += 1_999
    expect(passed(half, 3)).toBe(0)
    now += 1
    expect(passed(half, 3)).toBe(1)

    const none = createRateLimit(0)
    now += 3_600_000
    expect(passed(none, 3)).toBe(0)

    const all = createRateLimit(Number.POSITIVE_INFINITY)
    expect(passed(all, 1_000)).toBe(1_000)
    now += 1
    expect(passed(all, 1_000)).toBe(1_000)
  })
})

describe('maxTracesPerSecond', () => {
  function serveTimes(tracer: RequestTracer, times: number, next: () => Readonly<Record<string, string>>): number {
    return Array.from({ length: times }, () => serveFake(tracer, next())).filter(Boolean).length
  }

  it('is 100 unless told otherwise', () => {
    holdClock()
    const tracer = createRequestTracer('KEY')

    expect(serveTimes(tracer, 120, () => ({ ...signedHeaders('KEY') }))).toBe(100)
    expect(tracer.stats).toMatchObject({ traced: 100, refused: { 'rate-limited': 20 } })
  })

  it('counts new traces, refuses those beyond it, and takes new ones as time goes by', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 2 })
    const serve = (times: number) => serveTimes(tracer, times, () => ({ ...signedHeaders('KEY') }))
    expect(serve(5)).toBe(2)

    now += 500
    expect(serve(5)).toBe(1)
    now += 60_000
    expect(serve(5)).toBe(2)
  })

  it('counts the same pair each time that it comes', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 3 })
    const top = { ...signedHeaders('KEY') }
    expect(serveTimes(tracer, 10, () => top)).toBe(3)

    now += 60_000
    const nested = { ...signedHeaders('KEY', v7(), v4()) }
    expect(serveTimes(tracer, 10, () => nested)).toBe(3)
  })

  it('does not count what is nested in a trace that is known here: a loop of calls is traced to its end', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1 })
    const baseId = v7()

    expect(serveTimes(tracer, 50, () => ({ ...signedHeaders('KEY', baseId, v4()) }))).toBe(50)
    expect(serveFake(tracer, signedHeaders('KEY', v7(), v4()))).toBe(false)
    expect(serveFake(tracer, signedHeaders('KEY', baseId))).toBe(false)
  })

  it('leaves pairs that are replayed in turn to maxPointsPerTrace', () => {
    const records: TraceRecord[] = []
    setNotifier(record => records.push(record))
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1, maxPointsPerTrace: 10 })
    const baseId = v7()
    const pairs = [v4(), v4()].map(parentId => ({ ...signedHeaders('KEY', baseId, parentId) }))

    for (let round = 0; round < 100; round++) for (const pair of pairs) serveFake(tracer, pair)

    expect(records).toHaveLength(20)
    setNotifier(() => {})
  })

  it('is not used up by requests that are refused for another reason', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1 })
    for (let request = 0; request < 10; request++) {
      serveFake(tracer, signedHeaders('OTHER'))
      serveFake(tracer, signedHeaders('KEY', v7({ msecs: 0 })))
    }

    expect(serveFake(tracer, signedHeaders('KEY'))).toBe(true)
  })
})

describe('a flood of bad signatures', () => {
  const KEYS = ['A', 'B', 'C']

  it('costs one HMAC a key', () => {
    const tracer = createRequestTracer(KEYS)
    const bad = { ...signedHeaders('OTHER') }

    expect(countHmacs(() => serveFake(tracer, bad))).toBe(3)
    expect(
      countHmacs(() => {
        for (let request = 0; request < 100; request++) serveFake(tracer, bad)
      }),
    ).toBe(300)
  })

  it.each([
    '',
    ' ',
    'x',
    '0'.repeat(39),
    '0'.repeat(41),
    'A'.repeat(40),
    'g'.repeat(40),
    'é'.repeat(40),
    '0'.repeat(16_384),
  ])('costs none where the digits are malformed: %j', hmac => {
    const tracer = createRequestTracer(KEYS)
    const { 'x-trace-info': info } = signedHeaders('A')

    expect(countHmacs(() => serveFake(tracer, { 'x-trace-info': info, 'x-trace-hmac': hmac }))).toBe(0)
  })

  it('costs none for one header alone, for headers beyond 16 KiB, or where tracing is off', () => {
    const headers = { ...signedHeaders('OTHER') }
    const { 'x-trace-info': info, 'x-trace-hmac': hmac } = headers

    expect(
      countHmacs(() => {
        serveFake(createRequestTracer(KEYS), { 'x-trace-info': info })
        serveFake(createRequestTracer(KEYS), { 'x-trace-hmac': hmac })
        serveFake(createRequestTracer(KEYS), { 'x-trace-info': 'A'.repeat(16 * 1024 + 4), 'x-trace-hmac': hmac })
        serveFake(createRequestTracer(KEYS, { enabled: false }), headers)
        serveFake(createRequestTracer(KEYS, { ignore: () => true }), headers)
        serveFake(createRequestTracer(KEYS), {})
      }),
    ).toBe(0)
  })

  it('keeps no memory', { timeout: 120_000 }, async () => {
    const tracer = createRequestTracer(KEYS, { onRefused: () => {} })
    const socket = new Socket()
    let served = 0
    function flood(requests: number): void {
      for (let request = 0; request < requests; request++) {
        const req = new IncomingMessage(socket)
        // Each another pair, so that whatever were remembered of it would show.
        req.headers['x-trace-info'] = `eyJiYXNlX2lkIjogIm${String(request).padStart(10, '0')}IifQ==`
        req.headers['x-trace-hmac'] = String(request).padStart(request % 10 === 0 ? 39 : 40, '0')
        tracer.serve(req, new ServerResponse(req), () => served++)
      }
    }
    flood(5_000)

    const growth = await heapGrowth(() => flood(200_000))

    expect(served).toBe(205_000)
    expect(tracer.stats).toMatchObject({ traced: 0, refused: { 'unknown-key': 184_500, 'malformed-hmac': 20_500 } })
    // Five bytes a request: less than the smallest thing that could be kept.
    expect(growth).toBeLessThan(1_000_000)
  })

  it('keeps a bounded memory of traces that were well signed, too', { timeout: 120_000 }, async () => {
    const tracer = createRequestTracer(KEYS, { maxTracesPerSecond: 1e9 })
    const flood = (requests: number) => {
      for (let request = 0; request < requests; request++) serveFake(tracer, signedHeaders('C'))
    }
    flood(6_000)

    const growth = await heapGrowth(() => flood(20_000))

    expect(tracer.stats.tracedByKey).toEqual([0, 0, 26_000])
    expect(growth).toBeLessThan(1_000_000)
  })
})

describe('onRefused', () => {
  const good = () => ({ ...signedHeaders('KEY') })
  const unsigned = { 'x-trace-info': '!', 'x-trace-hmac': '' }
  const { 'x-trace-hmac': hmac } = signedHeaders('KEY')
  const cases: [RefusalReason, HttpOptions, () => Readonly<Record<string, string>>][] = [
    ['disabled', { enabled: false }, good],
    ['missing-header', {}, () => ({ 'x-trace-hmac': hmac })],
    ['missing-header', {}, () => unsigned],
    ['malformed-hmac', {}, () => ({ ...good(), 'x-trace-hmac': 'x' })],
    ['unknown-key', {}, () => ({ ...signedHeaders('OTHER') })],
    ['malformed-info', {}, () => ({ ...signedHeaders('KEY', 'x'.repeat(256)) })],
    ['too-old', { maxTraceAge: 1 }, () => ({ ...signedHeaders('KEY', v7({ msecs: 0 })) })],
    ['rate-limited', { maxTracesPerSecond: 0 }, good],
  ]

  it.each(cases)('tells why: %s', (reason, options, headers) => {
    const told: unknown[] = []
    const tracer = createRequestTracer('KEY', { ...options, onRefused: (why, req) => told.push([why, req.url]) })

    expect(serveFake(tracer, headers())).toBe(false)

    expect(told).toEqual([[reason, '/path?a=b']])
    expect(tracer.stats.refused[reason]).toBe(1)
  })

  it('tells that there are no keys', () => {
    const onRefused = vi.fn()
    const restore = configure({ hmacKeys: undefined })

    expect(serveFake(createRequestTracer(undefined, { onRefused }), good())).toBe(false)

    expect(onRefused).toHaveBeenCalledExactlyOnceWith('no-keys', expect.anything())
    restore()
  })

  it('is not told of requests that are traced, unsigned or ignored', () => {
    const onRefused = vi.fn()
    serveFake(createRequestTracer('KEY', { onRefused }), good())
    serveFake(createRequestTracer('KEY', { onRefused }), {})
    serveFake(createRequestTracer('KEY', { onRefused, ignore: () => true }), good())

    expect(onRefused).not.toHaveBeenCalled()
  })

  it('is told at most ten times a second; all are counted', () => {
    holdClock()
    const onRefused = vi.fn()
    const tracer = createRequestTracer('KEY', { onRefused })
    const refuse = (times: number) => {
      for (let request = 0; request < times; request++) serveFake(tracer, signedHeaders('OTHER'))
    }

    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(10)
    now += 100
    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(11)
    now += 5_000
    refuse(50)
    expect(onRefused).toHaveBeenCalledTimes(21)
    expect(tracer.stats.refused['unknown-key']).toBe(150)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('from the callback')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('from the callback'))],
  ])('harms nobody when it %s', async (_how, onRefused) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const tracer = createRequestTracer('KEY', { onRefused })
    let served = 0

    serveFake(tracer, signedHeaders('OTHER'), () => served++)
    await new Promise(setImmediate)

    process.off('unhandledRejection', unhandled)
    expect(served).toBe(1)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('has an ignore that throws for its neighbour: the request is traced as if it were not there', () => {
    const ignore = () => {
      throw new Error('from the callback')
    }

    expect(serveFake(createRequestTracer('KEY', { ignore }), good())).toBe(true)
  })
})

describe('maxPointsPerTrace', () => {
  let records: TraceRecord[]
  beforeEach(() => {
    records = []
    setNotifier(record => records.push(record))
  })
  afterEach(() => setNotifier(() => {}))

  /** Serves a request of a trace that opens so many points, one after another, before its own ends. */
  function serveWithPoints(tracer: RequestTracer, baseId: string, points: number): void {
    serveFake(tracer, signedHeaders('KEY', baseId), request => {
      for (let point = 0; point < points; point++) request?.profiler.start('step').stop()
    })
  }

  function omitted(): number {
    return records.reduce((sum, { info }) => sum + Number(info.points_omitted ?? 0), 0)
  }

  it.each([
    [9, 0],
    [10, 1],
    [1_000, 991],
  ])('records just as many, counting the request itself: of 1 and %i, %i are omitted and told of', (points, beyond) => {
    serveWithPoints(createRequestTracer('KEY', { maxPointsPerTrace: 10 }), v7(), points)

    expect(records.filter(({ name }) => name.endsWith('-start'))).toHaveLength(10)
    expect(records.filter(({ name }) => name.endsWith('-stop'))).toHaveLength(10)
    expect(omitted()).toBe(beyond)
    expect(records.at(-1)).toMatchObject({ name: 'wsgi-stop' })
  })

  it('counts over all requests of one trace, and the last that is recorded tells the rest', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 10 })
    const baseId = v7()
    serveFake(tracer, signedHeaders('KEY', baseId), () => {
      for (let request = 0; request < 3; request++) serveWithPoints(tracer, baseId, 5)
    })

    expect(records).toHaveLength(20)
    expect(omitted()).toBe(1 + 3 * 6 - 10)
  })

  it('hangs what is nested in an omitted point under the nearest recorded one', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 2 })
    serveFake(tracer, signedHeaders('KEY'), request => {
      const outer = request?.profiler.start('recorded')
      const inner = request?.profiler.start('omitted')
      expect(inner?.traceId).toBe(outer?.traceId)
    })

    expect(records.map(({ name }) => name)).toEqual(['wsgi-start', 'recorded-start', 'recorded-stop', 'wsgi-stop'])
    expect(omitted()).toBe(1)
  })

  it('leaves other traces their own', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 3 })
    serveWithPoints(tracer, v7(), 5)
    serveWithPoints(tracer, v7(), 2)

    expect(records).toHaveLength(12)
    expect(omitted()).toBe(3)
  })

  it('holds in each place where an adapter is mounted, also when one allows more than another', () => {
    const strict = createRequestTracer('KEY', { maxPointsPerTrace: 5 })
    const lax = createRequestTracer('KEY', { maxPointsPerTrace: 50 })
    const baseId = v7()
    serveFake(strict, signedHeaders('KEY', baseId), request => {
      serveWithPoints(lax, baseId, 0)
      for (let point = 0; point < 8; point++) request?.profiler.start('strict').stop()
      serveWithPoints(strict, baseId, 3)
      serveWithPoints(lax, baseId, 9)
    })

    expect(records.filter(({ name }) => name === 'strict-start')).toHaveLength(3)
    expect(records.filter(({ name }) => name === 'step-start')).toHaveLength(9)
    expect(omitted()).toBe(5 + 4)
  })

  it('serves a trace of which nothing may be recorded', () => {
    serveWithPoints(createRequestTracer('KEY', { maxPointsPerTrace: 0 }), v7(), 3)

    expect(records).toEqual([])
  })
})
