import { buildReport } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listRecords, recordsOfPoint, toEmbeddedRecords } from '../src/tree/list-records.js'
import { reportOf } from './find.js'
import { hostileRecords } from './hostile-records.js'
import { makeTrace } from './make-trace.js'

describe('the records of a report', () => {
  it('are enough to build an equal report, for any records', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const report = buildReport(records)

        expect(buildReport(listRecords(report))).toEqual(report)
      }),
      { numRuns: 300 },
    )
  })

  it("are each point's start, stop and other records", () => {
    const [start, stop] = makeTrace({ id: 'a', from: 0, to: 9 })
    const [node] = buildReport([start, stop, start].filter(record => record !== undefined)).points

    expect(node && recordsOfPoint(node)).toEqual([start, stop, start])
  })

  it('are embedded as strings if they contain NaN or Infinity', () => {
    const [record] = listRecords(reportOf({ id: 'a', from: 0, info: { x: Number.NaN } }))

    expect(record && toEmbeddedRecords([record])).toEqual([expect.stringContaining('"x":NaN')])
  })
})
