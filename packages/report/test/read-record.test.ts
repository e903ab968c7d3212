import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { formatDigits, formatStatus, readRecord, readRoute, readStatus } from '../src/tree/read-record.js'
import { makeTrace } from './make-trace.js'

const read = (record: unknown) => readRecord(record as TraceRecord, () => 7)

describe('readRecord', () => {
  it('reads the fields that a point needs', () => {
    const [start, stop] = makeTrace({ id: 'a', parent: 'p', from: 0, to: 9 })

    expect(read(start)).toMatchObject({ kind: 'start', name: 'point-start', traceId: 'a', parentId: 'p', atUs: 7 })
    expect(read(stop)).toMatchObject({ kind: 'stop', malformed: false })
  })

  it.each([null, 7, 'text', [], {}, { name: 7 }, { name: 'x-start', trace_id: 'a' }])(
    'marks %o as malformed',
    record => {
      expect(read(record)).toMatchObject({ malformed: true, kind: 'start' })
    },
  )
})

describe('the status of a point', () => {
  it('is read from a served response or from a received response', () => {
    expect(readStatus({ info: { response: { status_code: 200 } } })).toBe(200)
    expect(readStatus({ info: { requests: { status_code: 502 } } })).toBe(502)
    expect(readStatus({ info: { response: { status_code: '200' } } })).toBeUndefined()
  })

  it('is shown with its recorded digits if JavaScript cannot represent it', () => {
    const stop = parseJson('{"info": {"response": {"status_code": 90071992547409931}}}')

    expect(formatStatus(stop)).toBe('90071992547409931')
    expect(formatDigits('1'.repeat(50))).toBe(`${'1'.repeat(40)}...`)
  })
})

describe('the route of a point', () => {
  it('is read from the stop, or from the start if the stop has none', () => {
    const [start, stop] = ['/a', '/b'].map(route => ({ info: { request: { route } } }))

    expect([readRoute({ start, stop }), readRoute({ start }), readRoute({})]).toEqual(['/b', '/a', undefined])
  })
})
