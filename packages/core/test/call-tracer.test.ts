import { get, setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { createCallTracer } from '@osprofiler/core/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { infoOf } from './fixtures/trace-records.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => setNotifier(undefined))

function pairOf(baseId: string, key = 'KEY') {
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: 'caller' }, key)
  return { info, hmac }
}

describe('a call tracer', () => {
  it('opens a point for a call with signed trace headers', () => {
    const tracer = createCallTracer('KEY')

    const call = tracer.open(pairOf('trace'), {}, { function: { name: 'create' } })
    const inside = call?.serve(() => get()?.baseId)

    expect(inside).toBe('trace')
    expect(infoOf(records, 'rpc-start')).toMatchObject({ function: { name: 'create' } })
    expect(records.map(({ name, parent_id }) => [name, parent_id])).toEqual([
      ['rpc-start', 'caller'],
      ['rpc-stop', 'caller'],
    ])
    expect(tracer.stats).toMatchObject({ traced: 1, tracedByKey: [1] })
  })

  it('opens no point if a trace header is missing, or if the headers are signed with another key', () => {
    const tracer = createCallTracer('KEY')
    const pairs = [undefined, { ...pairOf('trace'), hmac: '' }, pairOf('trace', 'OTHER')]

    expect(pairs.map(pair => tracer.open(pair, {}, {}))).toEqual([undefined, undefined, undefined])
    expect(tracer.stats.refused).toMatchObject({ 'missing-header': 1, 'unknown-key': 1 })
  })

  it('names a point by its option `name`, or by the name that is passed to open()', () => {
    const tracer = createCallTracer('KEY', { name: 'job' })

    tracer.open(pairOf('a'), {}, {})?.end()
    tracer.open(pairOf('b'), {}, {}, 'mail')?.end()

    expect(records.map(({ name }) => name)).toEqual(['job-start', 'job-stop', 'mail-start', 'mail-stop'])
  })

  it('refuses unknown options and options of the wrong type', () => {
    expect(() => createCallTracer('KEY', { hideQuery: true } as object)).toThrow('createCallTracer() has no option')
    expect(() => createCallTracer('KEY', { maxPointsPerTrace: '5' } as object)).toThrow(
      'maxPointsPerTrace must be of type number',
    )
    expect(() => createCallTracer([])).toThrow('The list of HMAC keys is empty')
  })
})
