import { createRepetitionKey, pointDetail, repeatedDetail } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { createShapeReader } from '../src/words/point-label.js'
import { reportOf } from './find.js'
import { type Point, query, routed, sent, served } from './make-trace.js'

const nodes = (...points: readonly Omit<Point, 'id' | 'from'>[]) =>
  reportOf(...points.map((point, index) => ({ id: `${index}`, from: index, to: index + 1, ...point }))).points

describe('pointDetail', () => {
  it.each<[string, Omit<Point, 'id' | 'from'>]>([
    ['GET /orders/7 200', served('/orders/7')],
    ['GET catalog:80/items 200', sent('catalog', 80, '/items')],
    ['SELECT ... FROM items WHERE id = ?', query('SELECT id, title, price, stock  FROM items\nWHERE id = ?')],
    ['ImagesController.show', { info: { function: { name: 'glance.api.v2.images.ImagesController.show' } } }],
    ['for connection', { name: 'wait', info: { wait: { for: 'connection' } } }],
    ['', {}],
  ])('returns %j', (expected, point) => {
    expect(nodes(point).map(node => pointDetail(node))).toEqual([expected])
  })

  it('keeps the columns of a query if there is room', () => {
    const [node] = nodes(query('SELECT id, title, price, stock FROM items'))

    expect(node && pointDetail(node, 100)).toBe('SELECT id, title, price, stock FROM items')
  })
})

describe('repeatedDetail', () => {
  it('returns the common route, or the paths and statements without values', () => {
    expect(repeatedDetail(nodes(routed('/orders/7', '/orders/:id'), routed('/orders/8', '/orders/:id')))).toBe(
      'GET /orders/:id',
    )
    expect(repeatedDetail(nodes(query("SELECT 1, 'a'"), query("SELECT 2, 'b'")))).toBe('SELECT *, *')
  })

  it('also creates a shape for a single point', () => {
    const shapeOf = createShapeReader()

    expect(nodes(served('/orders/7'), query('SELECT 7')).map(shapeOf)).toEqual(['GET /orders/*', 'SELECT *'])
  })

  it('creates equal keys for points that repeat one another within one service', () => {
    const keyOf = createRepetitionKey()
    const [one, same, elsewhere] = nodes(query('SELECT 1'), query('SELECT 2'), { ...query('SELECT 3'), service: 'b' })

    expect(one && same && keyOf(one) === keyOf(same)).toBe(true)
    expect(one && elsewhere && keyOf(one) === keyOf(elsewhere)).toBe(false)
  })
})
