import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer, type RequestTracer } from '@osprofiler/core/http'
import { v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findKnownTrace, openKnownTrace } from '../src/points/known-traces.js'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

describe('the known traces of a process', () => {
  it('still include a trace after 1,024 other traces, even if each of the other traces occurred several times', () => {
    const kept = openKnownTrace('kept')
    const others = Array.from({ length: 1_024 }, () => v7())

    for (let round = 0; round < 3; round++) for (const other of others) openKnownTrace(other)

    expect(findKnownTrace('kept')).toBe(kept)
  })

  it('no longer include a trace after 2,048 other traces', () => {
    openKnownTrace('gone')

    for (let other = 0; other < 2_048; other++) openKnownTrace(v7())

    expect(findKnownTrace('gone')).toBeUndefined()
  })
})

describe('a request tracer with maxPointsPerTrace', () => {
  let records: TraceRecord[]
  beforeEach(() => {
    records = []
    setNotifier(record => records.push(record))
  })
  afterEach(() => setNotifier(undefined))

  /** Serves a request that opens `points` points, one after another. */
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
  ])(
    'limits the points, including the point of the request: of 1 + %i points, %i are omitted and reported',
    (points, beyond) => {
      serveWithPoints(createRequestTracer('KEY', { maxPointsPerTrace: 10 }), v7(), points)

      expect(records.filter(({ name }) => name.endsWith('-start'))).toHaveLength(10)
      expect(records.filter(({ name }) => name.endsWith('-stop'))).toHaveLength(10)
      expect(omitted()).toBe(beyond)
      expect(records.at(-1)).toMatchObject({ name: 'wsgi-stop' })
    },
  )

  it('counts the points of all requests of one trace, and reports the omitted points in the last stop record', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 10 })
    const baseId = v7()
    serveFake(tracer, signedHeaders('KEY', baseId), () => {
      for (let request = 0; request < 3; request++) serveWithPoints(tracer, baseId, 5)
    })

    expect(records).toHaveLength(20)
    expect(omitted()).toBe(1 + 3 * 6 - 10)
  })

  it('reports all omitted points of successive requests', () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 10 })
    const baseId = v7()
    for (let request = 0; request < 5; request++) serveWithPoints(tracer, baseId, 5)
    // Each request has 6 points. The first request omits none, and the second omits 2. The third request is traced only
    // to report its 5 omitted points. The last two requests arrive too soon after the third to be traced.
    expect(records).toHaveLength(2 * 11)
    expect(omitted()).toBe(2 + 5)

    vi.setSystemTime(Date.now() + 1_000)
    serveWithPoints(tracer, baseId, 5)

    expect(records).toHaveLength(2 * 12)
    expect(omitted()).toBe(2 + 5 + 6 + 6 + 5)
  })

  it('nests the points inside an omitted point in the nearest recorded point', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 2 })
    serveFake(tracer, signedHeaders('KEY'), request => {
      const outer = request?.profiler.start('recorded')
      const inner = request?.profiler.start('omitted')
      expect(inner?.traceId).toBe(outer?.traceId)
    })

    expect(records.map(({ name }) => name)).toEqual(['wsgi-start', 'recorded-start', 'recorded-stop', 'wsgi-stop'])
    expect(omitted()).toBe(1)
  })

  it('counts the points of each trace separately', () => {
    const tracer = createRequestTracer('KEY', { maxPointsPerTrace: 3 })
    serveWithPoints(tracer, v7(), 5)
    serveWithPoints(tracer, v7(), 2)

    expect(records).toHaveLength(12)
    expect(omitted()).toBe(3)
  })

  it('applies its own limit, even if a tracer with a different limit serves requests of the same trace', () => {
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

  it('serves a request even if no point of its trace may be recorded', () => {
    serveWithPoints(createRequestTracer('KEY', { maxPointsPerTrace: 0 }), v7(), 3)

    expect(records).toEqual([])
  })
})
