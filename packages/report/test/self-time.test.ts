import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { coveredUs } from '../src/analysis/self-time.js'
import { find, loop, reportOf, request } from './find.js'
import { makeTrace, query } from './make-trace.js'

describe('self time', () => {
  it("is a point's interval without the union of its children's", () => {
    const [slowest] = find(
      'slow',
      ...request(
        { id: 'a', from: 10_000, to: 30_000 },
        { id: 'overlapping', from: 20_000, to: 40_000 },
        { id: 'within', from: 12_000, to: 13_000 },
        { id: 'outlasting', from: 90_000, to: 150_000 },
      ),
    )

    // Of 150 ms in all: 100 less 30 (10 to 40) and 10 (90 to 100).
    expect(slowest).toMatchObject({ traceIds: ['request'], totalUs: 60_000, share: 0.4 })
    expect(slowest?.sentence).toContain('"GET /orders" in orders itself, outside its 4 steps (60.0 ms)')
  })

  it('does not blame a parent for the time of a child that never stopped', () => {
    expect(find('slow', ...request({ id: 'open', from: 5000 }))).toEqual([])
  })

  it('is not told again for the points of a repetition', () => {
    const steps = loop(3, index => ({ ...query('SELECT 1'), from: index * 31_000, to: index * 31_000 + 31_000 }))

    expect(summarize(buildReport(makeTrace(...request(...steps)))).map(finding => finding.kind)).toEqual(['repeated'])
  })
})

describe('the time that points covered', () => {
  it('counts time in which several of them ran once, and no time between them', () => {
    const { points } = reportOf(
      { id: 'a', from: 0, to: 300 },
      { id: 'b', from: 200, to: 400 },
      { id: 'c', from: 500, to: 600 },
    )

    expect(coveredUs(points)).toBe(500)
  })

  it('leaves out points without both ends, and is unknown if all lack them', () => {
    const { points } = reportOf({ id: 'a', from: 0, to: 300 }, { id: 'b', from: 200 })

    expect(coveredUs(points)).toBe(300)
    expect(coveredUs(points.slice(1))).toBeUndefined()
  })
})
