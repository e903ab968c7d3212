import { buildReport, diffReports, type Report, regressions, renderDiff } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileRecords } from './hostile-records.js'
import { request, runs } from './make-runs.js'
import { BASE_ID, makeTrace, type Point, query, sent, served } from './make-trace.js'

/** Returns the change of each point, for example `wsgi same, db slower`. */
function changes(before: readonly Report[], after: readonly Report[]): string {
  return diffReports(before, after)
    .points.map(({ name, change }) => `${name} ${change}`)
    .join(', ')
}

describe('diffReports', () => {
  it('finds points that became slower, and the amount of the slowdown', () => {
    const { total, points } = diffReports(runs(20_000, 500), runs(30_000, 500))

    expect(total).toMatchObject({ change: 'slower' })
    expect(total.share).toBeCloseTo(0.333, 2)
    expect(points).toMatchObject([
      { id: 0, parent: null, name: 'wsgi', detail: 'GET /orders/7', change: 'slower', self: { change: 'same' } },
      { id: 1, parent: 0, name: 'db', detail: 'SELECT 1', change: 'slower', self: { change: 'slower' } },
    ])
    expect(points[1]?.total.share).toBeCloseTo(0.5, 1)
  })

  it('finds points that became faster if the two sets of runs are swapped', () => {
    expect(changes(runs(30_000, 500), runs(20_000, 500))).toBe('wsgi faster, db faster')
  })

  it('ignores a difference within the spread', () => {
    expect(changes(runs(20_000, 5000), runs(21_000, 5000))).toBe('wsgi same, db same')
    expect(changes(runs(20_000, 100), runs(21_000, 100))).toBe('wsgi slower, db slower')
  })

  it('ignores a few very slow runs', () => {
    expect(changes(runs(20_000, 500), [...runs(20_000, 500, 17), ...runs(900_000, 0, 3)])).toBe('wsgi same, db same')
  })

  it('reports new points and points that are gone', () => {
    const cache: Point = { id: 'c', parent: 'a', service: 'orders', name: 'cache', from: 100, to: 900 }
    const before = [request(1000)]
    const after = [request(1000, cache)]

    expect(changes(before, after)).toBe('wsgi same, db same, cache new')
    expect(changes(after, before)).toBe('wsgi same, cache gone, db same')
  })

  it('uses a time of 0 for runs without the point', () => {
    const cache: Point = { id: 'c', parent: 'a', service: 'orders', name: 'cache', from: 100, to: 4900 }
    const [rare, usual] = [request(1000, cache), request(1000)]

    expect(changes([usual, usual, usual, usual, rare], [rare, rare, rare, rare, usual])).toBe(
      'wsgi same, db same, cache slower',
    )
  })

  it('aligns points despite different ids, values and ports, and combines repeated points', () => {
    const calls = (count: number, port: number): Report =>
      buildReport(
        makeTrace(
          { id: `a${port}`, ...served(`/orders/${port}`), from: 0, to: 9000 },
          ...Array.from({ length: count }, (_, index) => ({
            id: `${port}-${index}`,
            parent: `a${port}`,
            ...sent('items', port, `/items/${index}`),
            from: index * 100,
            to: index * 100 + 100,
          })),
        ),
      )

    const { points } = diffReports([calls(2, 4001)], [calls(40, 4002)])

    expect(points).toMatchObject([
      { name: 'wsgi', change: 'same' },
      { name: 'http', change: 'slower', count: { before: 2, after: 40 }, total: { deltaUs: 3800 } },
    ])
  })

  it('distinguishes equal steps below two different parents', () => {
    const report = buildReport(
      makeTrace(
        { id: 'a', name: 'first', from: 0, to: 100 },
        { id: 'b', parent: 'a', ...query('SELECT 1'), from: 0, to: 100 },
        { id: 'c', name: 'second', from: 100, to: 200 },
        { id: 'd', parent: 'c', ...query('SELECT 1'), from: 100, to: 200 },
      ),
    )

    expect(diffReports([report], [report]).points.map(({ name, parent }) => `${name} ${parent}`)).toEqual([
      'first null',
      'second null',
      'db 0',
      'db 1',
    ])
  })

  it('finds no change between equal runs, and the opposite changes if the runs are swapped', () => {
    const opposite = { slower: 'faster', faster: 'slower', same: 'same', new: 'gone', gone: 'new' }
    const some = fc.array(hostileRecords.map(buildReport), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(some, some, (before, after) => {
        expect(diffReports(before, before).points.every(({ change }) => change === 'same')).toBe(true)

        const there = diffReports(before, after)
        const back = diffReports(after, before)

        expect(back.total.change).toBe(opposite[there.total.change])
        const sorted = (points: readonly string[]): string[] => points.toSorted()
        expect(sorted(back.points.map(({ service, name, change }) => `${service} ${name} ${change}`))).toEqual(
          sorted(there.points.map(({ service, name, change }) => `${service} ${name} ${opposite[change]}`)),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('returns a value that JSON can represent', () => {
    const diff = diffReports(runs(20_000, 500), [request(100)])

    expect(JSON.parse(JSON.stringify(diff))).toEqual(diff)
  })

  it('accepts empty lists of runs', () => {
    expect(diffReports([], [])).toMatchObject({ total: { change: 'same' }, points: [] })
    expect(diffReports([], [request(10)]).points.map(({ change }) => change)).toEqual(['new', 'new'])
    expect(diffReports([buildReport([])], [buildReport([])]).total.change).toBe('same')
  })

  it.each([false, true])('compares 20,000 points (nested: %s)', isDeep => {
    const report = buildReport(
      makeTrace(
        ...Array.from({ length: 20_000 }, (_, index) => ({
          id: `${index}`,
          parent: isDeep && index > 0 ? `${index - 1}` : BASE_ID,
          name: `step${index}`,
          from: index,
          to: 80_000 - index,
        })),
      ),
    )

    const diff = diffReports([report], [report])

    expect(diff.points).toHaveLength(20_000)
    expect(renderDiff(diff)).toContain('20,000 of 20,000 points stayed the same')
  })
})

describe('regressions', () => {
  it('returns the whole trace and each point that became slower by more than the share', () => {
    const diff = diffReports(runs(20_000, 500), runs(30_000, 500))

    expect(regressions(diff, 0.1).map(({ point }) => point?.name)).toEqual([undefined, 'db', 'wsgi'])
    expect(regressions(diff, 0.4).map(({ point }) => point?.name)).toEqual(['db'])
    expect(regressions(diff, 0.6)).toEqual([])
  })

  it('leaves out noise, improvements, and points that became slower by less than 1 % of the whole trace', () => {
    expect(regressions(diffReports(runs(20_000, 5000), runs(23_000, 5000)), 0.05)).toEqual([])
    expect(regressions(diffReports(runs(30_000, 500), runs(20_000, 500)), 0.05)).toEqual([])
    expect(regressions(diffReports([request(50)], [request(130)]), 0.1)).toEqual([])
  })
})
