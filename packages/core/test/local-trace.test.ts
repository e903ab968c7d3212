import { setNotifier, signedUnpack, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openKnownTrace } from '../src/points/known-traces.js'
import { LocalTrace } from '../src/points/local-trace.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => {
  setNotifier(undefined)
  vi.restoreAllMocks()
})

function openTrace(baseId: string): LocalTrace {
  return new LocalTrace('KEY', baseId, 'caller', openKnownTrace(baseId), 100)
}

describe('the part of a trace that a process records', () => {
  it('sends records with the host, and signs headers with the key of the trace', () => {
    const trace = openTrace('signed')

    trace.recordStart('step', 'point', 'caller', { a: 1 })
    const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = trace.passOn('point')

    expect(records).toMatchObject([
      {
        name: 'step-start',
        base_id: 'signed',
        parent_id: 'caller',
        trace_id: 'point',
        info: { a: 1, host: expect.any(String) },
      },
    ])
    expect(signedUnpack(info, hmac, 'KEY')).toEqual({ baseId: 'signed', parentId: 'point', hmacKey: 'KEY' })
  })

  it('dates a stop record by the end of its point, even if the record is created later', () => {
    const trace = openTrace('back')

    trace.recordStart('step', 'point', 'caller', {})
    trace.recordStop('step', 'point', 'caller', {}, 60_000)

    const [start = 0, stop = 0] = records.map(({ timestamp }) => Date.parse(`${timestamp}Z`))
    expect(start - stop).toBeGreaterThan(50_000)
  })

  it('accepts further points until ten seconds after its end', () => {
    const trace = openTrace('current')
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)

    trace.end()
    now.mockReturnValue(10_999)
    const before = trace.current
    now.mockReturnValue(11_001)

    expect([before, trace.current]).toEqual([true, false])
  })

  it('reports the omitted points once, in the stop record of its root', () => {
    const trace = openTrace('omitted')
    trace.known.countPoint(0)

    trace.recordStop('root', 'point', 'caller', {}, 0)
    trace.recordStop('root', 'point', 'caller', {}, 0)

    expect(records.map(({ info }) => info.points_omitted)).toEqual([1, undefined])
  })
})
