import { buildReport } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embedRecords, listRecords, recordsOfPoint } from '../src/tree/list-records.js'
import { reportOf } from './find.js'
import { hostileRecords } from './hostile-records.js'
import { makeTrace } from './make-trace.js'

describe('the records of a report', () => {
  it('make an equal report again, whatever they hold', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const report = buildReport(records)

        expect(buildReport(listRecords(report))).toEqual(report)
      }),
      { numRuns: 300 },
    )
  })

  it('are of a point its start, its stop and the others', () => {
    const [start, stop] = makeTrace({ id: 'a', from: 0, to: 9 })
    const [node] = buildReport([start, stop, start].filter(record => record !== undefined)).points

    expect(node && recordsOfPoint(node)).toEqual([start, stop, start])
  })

  it('stand as text in JSON for others where they hold what others refuse', () => {
    const [record] = listRecords(reportOf({ id: 'a', from: 0, info: { x: Number.NaN } }))

    expect(record && embedRecords([record])).toEqual([expect.stringContaining('"x":NaN')])
  })
})
