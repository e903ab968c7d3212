import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdmittedTrace } from '../src/admission/admitted-trace.js'
import { RootPoint } from '../src/admission/root-point.js'
import { toSecretKey } from '../src/keys/secret-key.js'
import { findKnownTrace, KnownTrace } from '../src/points/known-traces.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => setNotifier(undefined))

function openRoot(baseId: string, found?: KnownTrace, maxPoints = 10): RootPoint {
  const admitted = new AdmittedTrace({ key: toSecretKey('KEY'), baseId, parentId: 'caller' }, found)
  return new RootPoint(admitted, maxPoints, 'wsgi', { a: 1 })
}

describe('the point with which a process joins a trace', () => {
  it('is nested in the point of the caller, and makes the trace known to the process', () => {
    const root = openRoot('taken')

    root.profiler.end()
    root.close()

    expect(records.map(({ name, parent_id }) => [name, parent_id])).toEqual([
      ['wsgi-start', 'caller'],
      ['wsgi-stop', 'caller'],
    ])
    expect(findKnownTrace('taken')).toBeInstanceOf(KnownTrace)
  })

  it('continues a trace that the process already knows', () => {
    const known = new KnownTrace()

    openRoot('known', known)

    expect(findKnownTrace('known')).toBe(known)
  })

  it('is recorded once a second even if the trace has reached its limit, to report the omitted points', () => {
    const known = new KnownTrace()
    known.countPoint(1)

    for (let request = 0; request < 3; request++) {
      const root = openRoot('full', known, 1)
      root.profiler.start('step').stop()
      root.profiler.end()
      root.close()
    }

    expect(records.map(({ name, info }) => [name, info.points_omitted])).toEqual([
      ['wsgi-start', undefined],
      ['wsgi-stop', 1],
    ])
  })
})
