import { performance } from 'node:perf_hooks'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer, type RequestTracer } from '@osprofiler/core/http'
import { v4, v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRateLimit } from '../src/admission/rate-limit.js'
import { dropRecords } from './fixtures/drop-records.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

dropRecords()

let now: number
beforeEach(() => {
  now = Math.ceil(performance.now())
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Makes `performance.now()` return `now` for the rest of the test. */
function holdClock(): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now)
}

describe('createRateLimit', () => {
  function passed(mayPass: () => boolean, tries: number): number {
    return Array.from({ length: tries }, mayPass).filter(Boolean).length
  }

  it("allows at most one second's worth of events at once, even after a long pause", () => {
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

  it('allows one event in two seconds at a rate of 0.5, none at 0, and all at infinity', () => {
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

    for (const perSecond of [Number.POSITIVE_INFINITY, Number.MAX_VALUE]) {
      const all = createRateLimit(perSecond)
      expect(passed(all, 1_000)).toBe(1_000)
      now += 1
      expect(passed(all, 1_000)).toBe(1_000)
    }
  })
})

describe('maxTracesPerSecond', () => {
  function serveTimes(tracer: RequestTracer, times: number, next: () => Readonly<Record<string, string>>): number {
    return Array.from({ length: times }, () => serveFake(tracer, next())).filter(Boolean).length
  }

  it('is 100 by default', () => {
    holdClock()
    const tracer = createRequestTracer('KEY')

    expect(serveTimes(tracer, 120, () => ({ ...signedHeaders('KEY') }))).toBe(100)
    expect(tracer.stats).toMatchObject({ traced: 100, refused: { 'rate-limited': 20 } })
  })

  it('refuses new traces beyond the limit, and accepts further traces as time passes', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 2 })
    const serve = (times: number) => serveTimes(tracer, times, () => ({ ...signedHeaders('KEY') }))
    expect(serve(5)).toBe(2)

    now += 500
    expect(serve(5)).toBe(1)
    now += 60_000
    expect(serve(5)).toBe(2)
  })

  it('does not count requests of a known trace, so that a loop of calls is traced completely', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1 })
    const baseId = v7()

    expect(serveTimes(tracer, 500, () => ({ ...signedHeaders('KEY', baseId, v4()) }))).toBe(500)
    expect(serveTimes(tracer, 500, () => ({ ...signedHeaders('KEY', baseId) }))).toBe(500)
    expect(serveFake(tracer, signedHeaders('KEY', v7(), v4()))).toBe(false)
  })

  it('does not count requests with replayed trace headers, because maxPointsPerTrace limits their points', () => {
    const records: TraceRecord[] = []
    setNotifier(record => records.push(record))
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1, maxPointsPerTrace: 10 })
    const baseId = v7()
    const pairs = [v4(), v4()].map(parentId => ({ ...signedHeaders('KEY', baseId, parentId) }))

    for (let round = 0; round < 100; round++) for (const pair of pairs) serveFake(tracer, pair)

    // Ten requests have a point each. One more request has a point only because it reports the omitted points.
    expect(records).toHaveLength(22)
    setNotifier(() => {})
  })

  it('does not count requests that are refused for another reason', () => {
    holdClock()
    const tracer = createRequestTracer('KEY', { maxTracesPerSecond: 1 })
    for (let request = 0; request < 10; request++) {
      serveFake(tracer, signedHeaders('OTHER'))
      serveFake(tracer, signedHeaders('KEY', v7({ msecs: 0 })))
    }

    expect(serveFake(tracer, signedHeaders('KEY'))).toBe(true)
  })
})
