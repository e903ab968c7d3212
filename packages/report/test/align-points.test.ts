import { describe, expect, it } from 'vitest'
import { createAlignment } from '../src/compare/align-points.js'
import { reportOf } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

const steps = (port: number, ids: readonly string[]): Point[] => [
  { id: 'a', ...served('/orders/7'), from: 0, to: 100 },
  { id: 'call', parent: 'a', ...sent('localhost', port, '/items'), from: 1, to: 9 },
  ...ids.map((id, index) => ({ id, parent: 'a', ...query(`SELECT ${index}`), from: 10 + index, to: 11 + index })),
]

describe('createAlignment', () => {
  it('assigns one path to points with the same action at the same level, regardless of ids, values and ports', () => {
    const alignment = createAlignment()

    const first = alignment.add(reportOf(...steps(8080, ['x', 'y'])))
    const second = alignment.add(reportOf(...steps(9090, ['z'])))

    expect(alignment.paths.map(({ depth, name }) => `${depth} ${name}`)).toEqual(['0 wsgi', '1 http', '1 db'])
    expect(first.get(2)).toEqual({ count: 2, totalUs: 2, selfUs: 2 })
    expect(second.get(2)).toEqual({ count: 1, totalUs: 1, selfUs: 1 })
  })
})
