import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { cutDigits, readRecord, readRoute, readStatus, showStatus } from '../src/tree/read-record.js'
import { makeTrace } from './make-trace.js'

const read = (record: unknown) => readRecord(record as TraceRecord, () => 7)

describe('what is read of a record', () => {
  it('is what a point needs', () => {
    const [start, stop] = makeTrace({ id: 'a', parent: 'p', from: 0, to: 9 })

    expect(read(start)).toMatchObject({ kind: 'start', name: 'point-start', traceId: 'a', parentId: 'p', atUs: 7 })
    expect(read(stop)).toMatchObject({ kind: 'stop', malformed: false })
  })

  it.each([null, 7, 'text', [], {}, { name: 7 }, { name: 'x-start', trace_id: 'a' }])('of %o is malformed', record => {
    expect(read(record)).toMatchObject({ malformed: true, kind: 'start' })
  })
})

describe('a status', () => {
  it('is that of the answer, served or got', () => {
    expect(readStatus({ info: { response: { status_code: 200 } } })).toBe(200)
    expect(readStatus({ info: { requests: { status_code: 502 } } })).toBe(502)
    expect(readStatus({ info: { response: { status_code: '200' } } })).toBeUndefined()
  })

  it('is shown with its digits where JavaScript cannot count it', () => {
    const stop = parseJson('{"info": {"response": {"status_code": 90071992547409931}}}')

    expect(showStatus(stop)).toBe('90071992547409931')
    expect(cutDigits('1'.repeat(50))).toBe(`${'1'.repeat(40)}...`)
  })
})

describe('a route', () => {
  it('is what the stop says, or else the start', () => {
    const [start, stop] = ['/a', '/b'].map(route => ({ info: { request: { route } } }))

    expect([readRoute({ start, stop }), readRoute({ start }), readRoute({})]).toEqual(['/b', '/a', undefined])
  })
})
