import { readdirSync, readFileSync } from 'node:fs'
import { buildReport, readReport, reportJsonChunks } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeShopTrace, makeTrace, recordsOf } from './make-trace.js'

const traces = new URL('../../../test/fixtures/conformance/traces/', import.meta.url)

function write(records: Parameters<typeof buildReport>[0]): string {
  return [...reportJsonChunks(buildReport(records))].join('')
}

describe('readReport', () => {
  it('reads back a whole report of our own', () => {
    const text = write(makeShopTrace())

    expect([...reportJsonChunks(readReport(text))].join('')).toBe(text)
  })

  it('reads back duplicate and contradictory records', () => {
    const point = { id: 'a', from: 10, to: 20 }
    const text = write([...recordsOf(point), ...recordsOf(point), ...recordsOf({ ...point, from: 5, to: 30 })])

    const report = readReport(text)

    expect(report.points[0]).toMatchObject({ startedUs: 0, finishedUs: 25 })
    expect(report.points[0]?.otherRecords).toHaveLength(4)
    expect(report.points[0]?.marks.toSorted()).toEqual(['duplicate', 'several-starts', 'several-stops'])
  })

  it('reads back broken records unchanged', () => {
    const broken = [null, 7, { name: 'x-start' }] as unknown as Parameters<typeof buildReport>[0]
    const text = write(broken)

    expect([...reportJsonChunks(readReport(text))].join('')).toBe(text)
  })

  it.each(readdirSync(traces).filter(file => file.endsWith('.report.json')))('reads %s, written by Python', file => {
    const report = readReport(readFileSync(new URL(file, traces), 'utf8'))

    expect(report.points.length).toBeGreaterThan(1)
    expect(report.points.flatMap(node => node.marks)).toEqual([])
    expect(report.startedAt).toMatch(/^2026-11-22T/)
  })

  it("fills in the fields that Python's SQL driver leaves out of its records", () => {
    const report = {
      info: { name: 'total', started: 0, finished: 12, last_trace_started: 3 },
      children: [
        {
          info: {
            name: 'wsgi',
            project: 'glance',
            service: 'api',
            host: null,
            'meta.raw_payload.wsgi-start': { info: { host: 'vm', request: { method: 'GET', path: '/v2' } } },
            started: 3,
            'meta.raw_payload.wsgi-stop': { info: { host: 'vm', etype: 'KeyError' } },
            finished: 12,
            exception: 'KeyError',
          },
          trace_id: 'a',
          parent_id: 'base',
          children: [],
        },
      ],
      stats: {},
    }

    const { baseId, points } = readReport(JSON.stringify(report))

    expect(baseId).toBe('base')
    expect(points[0]).toMatchObject({ name: 'wsgi', service: 'api', host: 'vm', durationUs: 9000, marks: [] })
    expect(points[0]).toMatchObject({ exception: 'KeyError', failed: true })
  })

  it('keeps a value that is not a node, and marks it', () => {
    const { points } = readReport('{"children": [null, 7, {"trace_id": "a", "children": [{}]}]}')

    expect(points).toHaveLength(4)
    expect(points.every(node => node.marks.includes('malformed'))).toBe(true)
  })

  it('says in one line what to do with a file that is not a report', () => {
    expect(() => readReport('{"a": \n')).toThrow(/^Not a report: the file is not JSON \(.+\)\. Write it again/)
    expect(() => readReport('{"a": \n')).toThrow(SyntaxError)
    expect(() => readReport('[]')).toThrow(/no list "children".*trace show --json/)
    expect(() => readReport('null')).toThrow(TypeError)
    expect(() => readReport(JSON.stringify(makeTrace({ id: 'a', from: 0 })))).toThrow(TypeError)
  })
})
