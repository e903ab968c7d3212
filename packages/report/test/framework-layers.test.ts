import { buildReport, createRepetitionKey, pointDetail, renderTree, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, query, served } from './make-trace.js'

function layer(id: string, from: number, to: number, about: Record<string, unknown> = {}): Point {
  return { id, parent: 'root', name: 'express', from, to, info: { layer: { name: id, ...about } } }
}

describe('a framework layer', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown> | undefined]>([
    ['authenticate', { name: 'authenticate' }, undefined],
    ['onRequest authenticate', { name: 'authenticate', hook: 'onRequest' }, undefined],
    ['getOrder GET /orders/:id', { name: 'getOrder', route: 'GET /orders/:id' }, undefined],
    ['router GET /orders/:id', { name: 'router' }, { layer: { route: 'GET /orders/:id' } }],
    ['logger (after)', { name: 'logger', after: true }, undefined],
    ['', { name: 7, route: {}, hook: null }, { layer: 'none' }],
  ])('is described as %j', (detail, info, stopInfo) => {
    const point = { id: 'a', from: 0, to: 1, info: { layer: info }, ...(stopInfo && { stopInfo }) }

    const [node] = buildReport(makeTrace(point)).points

    expect(node && pointDetail(node)).toBe(detail)
  })

  it('is folded with other layers that did not fail and have no points below them', () => {
    const report = buildReport(
      makeTrace(
        { id: 'root', from: 0, to: 1_000_000, ...served('/orders/7') },
        layer('query', 0, 10_000),
        layer('jsonParser', 10_000, 20_000),
        layer('authenticate', 20_000, 30_000),
        { ...layer('refuse', 30_000, 40_000), stopInfo: { etype: 'RangeError', message: 'no' } },
        layer('getOrder', 40_000, 1_000_000, { route: 'GET /orders/:id' }),
        { id: 'db', parent: 'getOrder', from: 50_000, to: 900_000, ...query('SELECT 1') },
      ),
    )

    const tree = renderTree(report, { width: 100 })

    expect(tree).toMatch(/3 x express layers/)
    expect(tree).toMatch(/express refuse/)
    expect(tree).toMatch(/express getOrder GET \/orders\/:id/)
    expect(tree).toMatch(/db SELECT 1/)
  })

  it('is never reported as a repetition', () => {
    const many = Array.from({ length: 20 }, (_, index) => layer('same', index * 50_000, (index + 1) * 50_000))
    const points = many.map((point, index) => ({ ...point, id: `${index}` }))

    const report = buildReport(makeTrace({ id: 'root', from: 0, to: 1_000_000, ...served('/') }, ...points))

    expect(summarize(report).filter(({ kind }) => kind === 'repeated')).toEqual([])
  })

  it('is folded only with layers of the same framework and service', () => {
    const { points } = buildReport(
      makeTrace(
        layer('a', 0, 1),
        { ...layer('b', 1, 2), name: 'koa' },
        { ...layer('c', 2, 3), service: 'other' },
        layer('d', 3, 4),
      ),
    )

    const [a, b, c, d] = points.map(createRepetitionKey())

    expect(a).toBe(d)
    expect(new Set([a, b, c]).size).toBe(3)
  })
})
