import { describe, expect, it } from 'vitest'
import { planRows, type Row } from '../src/terminal/plan-rows.js'
import { loop, reportOf } from './find.js'
import { type Point, query } from './make-trace.js'

function plan(points: readonly Point[], maxRows: number): string {
  const write = ({ nodes, children, hidden }: Row): string => {
    const below = [...children.map(write), ...(hidden === undefined ? [] : [`+${hidden.points}`])]
    const name = nodes.map(({ traceId }) => traceId).join('=')
    return below.length === 0 ? name : `${name}(${below.join(' ')})`
  }
  return write(planRows(reportOf(...points), maxRows))
}

const tree: Point[] = [
  { id: 'a', from: 0, to: 100 },
  { id: 'long', parent: 'a', name: 'x', from: 10, to: 90 },
  { id: 'short', parent: 'a', name: 'y', from: 1, to: 5 },
  { id: 'failed', parent: 'short', name: 'z', from: 2, to: 3, stopInfo: { etype: 'E' } },
]

describe('planRows', () => {
  it('returns all points in the order of their starts if there is room', () => {
    expect(plan(tree, 10)).toBe('(a(short(failed) long))')
  })

  it('prefers rows with failures, then the longest rows, and puts each row below its parent', () => {
    expect(plan(tree, 3)).toBe('(a(short(failed) +1))')
    expect(plan(tree, 1)).toBe('(a(+3))')
  })

  it('combines repeated points in one row, which has the slowest of them as a child row', () => {
    const steps = loop(3, index => ({ ...query('SELECT 1'), from: index * 10, to: index * 11 + 1 }))
    const below = { id: 'below', parent: 'step-1', name: 'x', from: 11, to: 12 }

    expect(plan([...steps, below], 10)).toBe('(step-0=step-1=step-2(step-2))')
  })
})
