import { buildReport, statistics } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeShopTrace, makeTrace, type Point, query, served } from './make-trace.js'

const queries: Point[] = Array.from({ length: 20 }, (_, index) => ({
  id: `q${index}`,
  parent: 'root',
  service: 'orders',
  ...query(`SELECT * FROM items WHERE id = ${index}`),
  from: index * 100,
  to: index * 100 + index + 1,
}))

describe('statistics', () => {
  it('computes the number of points with the same action, and the sum and distribution of their durations', () => {
    const { byShape } = statistics(
      buildReport(makeTrace({ id: 'root', service: 'orders', ...served('/'), from: 0, to: 10_000 }, ...queries)),
    )

    expect(byShape).toEqual([
      {
        label: 'GET /',
        service: 'orders',
        name: 'wsgi',
        count: 1,
        errors: 0,
        unfinished: 0,
        totalUs: 10_000,
        selfUs: 9790,
        minUs: 10_000,
        medianUs: 10_000,
        p95Us: 10_000,
        maxUs: 10_000,
        slowestTraceId: 'root',
      },
      {
        label: 'SELECT * FROM items WHERE id = *',
        service: 'orders',
        name: 'db',
        count: 20,
        errors: 0,
        unfinished: 0,
        totalUs: 210,
        selfUs: 210,
        minUs: 1,
        medianUs: 10.5,
        p95Us: 19,
        maxUs: 20,
        slowestTraceId: 'q19',
      },
    ])
  })

  it('also groups points by name and by service, with the largest self time first', () => {
    const { byName, byService } = statistics(buildReport(makeShopTrace()))

    expect(byName.map(({ label, count, service }) => [label, count, service])).toEqual([
      ['db', 22, undefined],
      ['wsgi', 3, undefined],
      ['http', 2, 'gateway'],
      ['function', 1, 'orders'],
    ])
    expect(byService.map(({ label, count, selfUs, name }) => [label, count, selfUs, name])).toEqual([
      ['orders', 23, 132_000, undefined],
      ['catalog', 2, 38_500, undefined],
      ['gateway', 3, 11_500, undefined],
    ])
  })

  it('counts errors, and counts points without a stop, whose duration is unknown', () => {
    const { byName } = statistics(
      buildReport(
        makeTrace(
          { id: 'a', from: 0, to: 5, stopInfo: { etype: 'E' } },
          { id: 'b', from: 0 },
          { id: 'c', name: 'other', from: 1 },
        ),
      ),
    )

    expect(byName).toMatchObject([
      { label: 'point', count: 2, errors: 1, unfinished: 1, totalUs: 5, medianUs: 5, slowestTraceId: 'a' },
      { label: 'other', count: 1, errors: 0, unfinished: 1, totalUs: 0, medianUs: undefined, slowestTraceId: 'c' },
    ])
  })

  it('returns empty tables for an empty report', () => {
    expect(statistics(buildReport([]))).toEqual({ byName: [], byService: [], byShape: [], byCallSite: [] })
  })

  it('counts every point once in each table, with ordered percentiles', () => {
    const spans = fc.array(fc.record({ from: fc.nat(50), length: fc.option(fc.nat(50)), kind: fc.nat(3) }))
    fc.assert(
      fc.property(spans, points => {
        const trace = points.map(
          ({ from, length, kind }, index): Point => ({
            id: `p${index}`,
            name: `n${kind}`,
            from,
            ...(length === null ? {} : { to: from + length }),
          }),
        )

        for (const rows of Object.values(statistics(buildReport(makeTrace(...trace))))) {
          expect(rows.reduce((sum: number, row: { count: number }) => sum + row.count, 0)).toBe(points.length)
          for (const { minUs = 0, medianUs = 0, p95Us = 0, maxUs = 0, totalUs, selfUs } of rows) {
            expect([minUs, medianUs, p95Us, maxUs]).toEqual([minUs, medianUs, p95Us, maxUs].toSorted((a, b) => a - b))
            expect(selfUs).toBeLessThanOrEqual(totalUs)
          }
        }
      }),
    )
  })
})
