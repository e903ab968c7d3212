import { describe, expect, it } from 'vitest'
import { drawnIntervals } from '../src/analysis/drawn-intervals.js'
import { reportOf } from './find.js'
import type { Point } from './make-trace.js'

function draw(...points: readonly Point[]): string[] {
  const intervals = drawnIntervals(reportOf(...points))
  return Array.from(intervals, ([{ traceId }, { startUs, endUs }]) => `${traceId} ${startUs}-${endUs}`)
}

describe('what is drawn on a time line', () => {
  it('reaches from start to end', () => {
    expect(draw({ id: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 2, to: 5 })).toEqual(['a 0-9', 'b 2-5'])
  })

  it('reaches to the end of its parent, or of the trace, where its own is not known', () => {
    expect(
      draw(
        { id: 'a', from: 0, to: 9 },
        { id: 'b', parent: 'a', from: 2 },
        { id: 'c', from: 3 },
        { id: 'd', from: 4, to: 20 },
      ),
    ).toEqual(['a 0-9', 'c 3-20', 'd 4-20', 'b 2-9'])
  })

  it('never ends before it starts', () => {
    expect(draw({ id: 'a', from: 5, to: 2 })).toEqual(['a 3-3'])
  })
})
