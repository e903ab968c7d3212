import { buildReport, selfTimes, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { coveredUs } from '../src/analysis/self-time.js'
import { find, loop, reportOf, request } from './find.js'
import { makeTrace, query } from './make-trace.js'

describe('selfTimes', () => {
  it("returns a point's interval minus the union of its children's intervals", () => {
    const points = request(
      { id: 'a', from: 30_000, to: 50_000 },
      { id: 'overlapping', from: 40_000, to: 60_000 },
      { id: 'within', from: 32_000, to: 33_000 },
      { id: 'outlasting', from: 90_000, to: 150_000 },
    )
    const report = reportOf(...points)
    const [root] = report.roots
    const [slowest] = find('slow', ...points)

    // The request's self time is 100 ms minus 30 ms (30 to 60) minus 10 ms (90 to 100).
    expect(root && selfTimes(report).get(root)).toBe(60_000)
    // The finding does not subtract the step that ran mostly after the answer.
    expect(slowest).toMatchObject({ traceIds: ['request'], totalUs: 70_000, share: 0.7 })
    expect(slowest?.sentence).toContain('"GET /orders" in orders itself, outside its 3 steps (70.0 ms)')
  })

  it("does not count the time of an unfinished child as its parent's", () => {
    expect(find('slow', ...request({ id: 'open', from: 5000 }))).toEqual([])
  })

  it('does not cause a second finding about the time of repeated points', () => {
    const steps = loop(3, index => ({ ...query('SELECT 1'), from: index * 31_000, to: index * 31_000 + 31_000 }))

    expect(summarize(buildReport(makeTrace(...request(...steps)))).map(finding => finding.kind)).toEqual(['repeated'])
  })
})

describe('coveredUs', () => {
  it('counts overlapping time once, and no time between the points', () => {
    const { points } = reportOf(
      { id: 'a', from: 0, to: 300 },
      { id: 'b', from: 200, to: 400 },
      { id: 'c', from: 500, to: 600 },
    )

    expect(coveredUs(points)).toBe(500)
  })

  it('leaves out points without a start or a stop, and returns undefined if no point remains', () => {
    const { points } = reportOf({ id: 'a', from: 0, to: 300 }, { id: 'b', from: 200 })

    expect(coveredUs(points)).toBe(300)
    expect(coveredUs(points.slice(1))).toBeUndefined()
  })
})
