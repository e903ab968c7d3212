import { describe, expect, it } from 'vitest'
import { type LinkedPoint, linkPoints } from '../src/tree/link-points.js'
import { reportOf } from './find.js'
import { BASE_ID, type Point } from './make-trace.js'

function link(...points: readonly Point[]): string[] {
  const loose: LinkedPoint[] = points.flatMap(point => reportOf(point).points.map(node => ({ ...node, marks: [] })))
  const linked = loose.map((point, index) => ({ ...point, startedUs: points[index]?.from }))
  return linkPoints(linked, BASE_ID).points.map(
    ({ traceId, depth, marks }) => `${' '.repeat(depth)}${[traceId, ...marks].join(' ')}`,
  )
}

describe('linkPoints', () => {
  it('puts points below their parents, in the order of their starts', () => {
    expect(link({ id: 'b', parent: 'a', from: 5 }, { id: 'a', from: 0 }, { id: 'c', parent: 'a', from: 1 })).toEqual([
      'a',
      ' c',
      ' b',
    ])
  })

  it('puts a point at the top if its parent is missing or is the point itself', () => {
    expect(link({ id: 'a', parent: 'gone', from: 0 }, { id: 'b', parent: 'b', from: 1 })).toEqual([
      'a orphan',
      'b self-parent',
    ])
  })

  it('cuts a cycle above its earliest point', () => {
    expect(
      link({ id: 'a', parent: 'c', from: 2 }, { id: 'b', parent: 'a', from: 1 }, { id: 'c', parent: 'b', from: 3 }),
    ).toEqual(['b cycle', ' c cycle', '  a cycle'])
  })
})
