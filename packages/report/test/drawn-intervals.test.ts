import { describe, expect, it } from 'vitest'
import { computeDrawnIntervals } from '../src/export/drawn-intervals.js'
import { reportOf } from './find.js'
import type { Point } from './make-trace.js'

function draw(...points: readonly Point[]): string[] {
  const intervals = computeDrawnIntervals(reportOf(...points))
  return Array.from(intervals, ([{ traceId }, { startUs, endUs }]) => `${traceId} ${startUs}-${endUs}`)
}

describe('computeDrawnIntervals', () => {
  it('returns an interval from start to end', () => {
    expect(draw({ id: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 2, to: 5 })).toEqual(['a 0-9', 'b 2-5'])
  })

  it("uses the end of the parent or of the trace if a point's end is unknown", () => {
    expect(
      draw(
        { id: 'a', from: 0, to: 9 },
        { id: 'b', parent: 'a', from: 2 },
        { id: 'c', from: 3 },
        { id: 'd', from: 4, to: 20 },
      ),
    ).toEqual(['a 0-9', 'c 3-20', 'd 4-20', 'b 2-9'])
  })

  it('never returns an end before the start', () => {
    expect(draw({ id: 'a', from: 5, to: 2 })).toEqual(['a 3-3'])
  })
})
