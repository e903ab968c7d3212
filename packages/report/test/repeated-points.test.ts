import { summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, loop, reportOf, request } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

describe('the finding about repetitions', () => {
  it('reports a query in a loop, with its count, total time and share', () => {
    const found = find(
      'repeated',
      ...request(
        ...loop(41, index => ({
          ...query('SELECT title FROM items'),
          from: 10_000 + index * 2000,
          to: 11_500 + index * 2000,
        })),
      ),
    )

    expect(found).toMatchObject([{ count: 41, totalUs: 61_500, share: 0.615 }])
    expect(found[0]?.sentence).toBe(
      '62 % of this request is 41 x "SELECT title FROM items" in orders, one after another (61.5 ms)',
    )
  })

  it.each([
    [60, 20, 1],
    [60, 10, 0],
    [29, 50, 0],
  ])(
    'reports a loop if it has many queries that take enough time (%i queries of %i µs: findings: %i)',
    (count, eachUs, findings) => {
      const queries = loop(count, index => ({
        ...query('SELECT 1 FROM t'),
        from: index * 100,
        to: index * 100 + eachUs,
      }))

      expect(find('repeated', ...request(...queries))).toHaveLength(findings)
    },
  )

  it('ignores ids, numbers and quoted values', () => {
    const id = (index: number) => `0000000${index}-0000-4000-8000-000000000000`
    const paths = find(
      'repeated',
      ...request(
        ...loop(5, index => ({
          ...sent('10.0.0.1', 8080, `/v2/items/${index}/parts/${id(index)}`),
          from: index * 10_000,
          to: index * 10_000 + 5000,
        })),
      ),
    )
    const values = find(
      'repeated',
      ...request(
        ...loop(5, index => ({
          ...query(`SELECT t FROM v2 WHERE a = 'x${index}' AND b = ${index}`),
          from: index * 10_000,
          to: index * 10_000 + 5000,
        })),
      ),
    )

    expect(paths[0]?.sentence).toContain('5 x "GET 10.0.0.1:8080/v2/items/*/parts/*" in orders')
    expect(values[0]?.sentence).toContain('5 x "SELECT t FROM v2 WHERE a = * AND b = *" in orders')
  })

  it('counts the time of parallel queries once, and does not say that they ran one after another', () => {
    const found = find(
      'repeated',
      ...request(...loop(4, index => ({ ...query('SELECT 1'), from: index * 1000, to: 20_000 }))),
    )

    expect(found[0]).toMatchObject({ totalUs: 20_000, share: 0.2 })
    expect(found[0]?.sentence).toContain('partly at the same time')
  })

  it('does not combine different queries, services or parents', () => {
    const span = { from: 1000, to: 30_000 }

    expect(
      find(
        'repeated',
        ...request(
          { id: 'a', ...query('SELECT a'), ...span },
          { id: 'b', ...query('SELECT a'), ...span, service: 'other' },
          { id: 'c', ...query('SELECT c'), ...span },
          { id: 'd', ...query('SELECT a'), ...span, parent: 'c' },
          { id: 'e', ...query('SELECT a'), ...span },
        ),
      ),
    ).toEqual([])
  })

  it('leaves out repetitions that take little time', () => {
    expect(
      find(
        'repeated',
        ...request(...loop(10, index => ({ ...query('SELECT 1'), from: index * 100, to: index * 100 + 50 }))),
      ),
    ).toEqual([])
  })

  const kindsOf = (...steps: readonly Point[]) =>
    summarize(reportOf(...request(...steps)))
      .filter(({ kind }) => kind !== 'hint')
      .map(({ kind }) => kind)

  it('includes the pauses of a long loop when findings are ranked, because the loop causes the pauses', () => {
    const steps = loop(20, index => ({ ...query('SELECT 1'), from: index * 5_000, to: 2_000 + index * 5_000 }))

    expect(kindsOf(...steps)).toEqual(['repeated', 'slow'])
  })

  it('does not include a single long pause, because something else happened in it', () => {
    const steps = loop(20, index => ({
      ...query('SELECT 1'),
      from: index * 1_000 + (index < 10 ? 0 : 75_000),
      to: 900 + index * 1_000 + (index < 10 ? 0 : 75_000),
    }))

    expect(kindsOf(...steps)).toEqual(['gap', 'repeated'])
  })

  it('leaves out a few calls at the same time if the called service explains their time', () => {
    const calls = loop(4, index => ({ ...sent('rates', 80, '/'), from: 1_000 + index * 100, to: 98_000 + index * 100 }))
    const callees = calls.map(({ id, from, to = 0 }) => ({
      ...{ id: `${id}-callee`, parent: id, service: 'rates', ...served('/') },
      ...{ from: from + 500, to: to - 500 },
    }))

    expect(find('repeated', ...request(...calls))).toHaveLength(1)
    expect(find('repeated', ...request(...calls, ...callees))).toEqual([])
    expect(find('slow', ...request(...calls, ...callees))).toMatchObject([{ traceIds: ['step-3-callee'] }])
  })
})
