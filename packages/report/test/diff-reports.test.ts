import type { TraceRecord } from '@osprofiler/core'
import { buildReport, diffReports, type Report, regressions, renderDiff } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTimes } from '../src/compare/diff-spread.js'
import { textWidth } from '../src/terminal/fit-text.js'
import { hostileRecords } from './hostile-records.js'
import { BASE_ID, makeShopTrace, makeTrace, type Point, query, sent, served } from './make-trace.js'

/** A request that makes a query; all times in microseconds. */
function request(queryUs: number, ...more: readonly Point[]): Report {
  return buildReport(
    makeTrace(
      { id: 'a', service: 'orders', ...served('/orders/7'), from: 0, to: 10_000 + queryUs },
      { id: 'b', parent: 'a', service: 'orders', ...query('SELECT 1'), from: 5000, to: 5000 + queryUs },
      ...more,
    ),
  )
}

/** Runs whose query takes around so long, by up to so much more or less. */
function runs(queryUs: number, jitterUs: number, count = 20): Report[] {
  return Array.from({ length: count }, (_, index) => request(Math.round(queryUs + jitterUs * Math.sin(index * 2.4))))
}

/** `wsgi same, db slower` */
function changes(before: readonly Report[], after: readonly Report[]): string {
  return diffReports(before, after)
    .points.map(({ name, change }) => `${name} ${change}`)
    .join(', ')
}

describe('a comparison of runs', () => {
  it('finds what became slower, and by how much', () => {
    const { total, points } = diffReports(runs(20_000, 500), runs(30_000, 500))

    expect(total).toMatchObject({ change: 'slower' })
    expect(total.share).toBeCloseTo(0.333, 2)
    expect(points).toMatchObject([
      { id: 0, parent: null, name: 'wsgi', detail: 'GET /orders/7', change: 'slower', self: { change: 'same' } },
      { id: 1, parent: 0, name: 'db', detail: 'SELECT 1', change: 'slower', self: { change: 'slower' } },
    ])
    expect(points[1]?.total.share).toBeCloseTo(0.5, 1)
  })

  it('finds what became faster, the other way round', () => {
    expect(changes(runs(30_000, 500), runs(20_000, 500))).toBe('wsgi faster, db faster')
  })

  it('takes a difference within the spread for none', () => {
    expect(changes(runs(20_000, 5000), runs(21_000, 5000))).toBe('wsgi same, db same')
    expect(changes(runs(20_000, 100), runs(21_000, 100))).toBe('wsgi slower, db slower')
  })

  it('is not led astray by a few runs that took for ever', () => {
    expect(changes(runs(20_000, 500), [...runs(20_000, 500, 17), ...runs(900_000, 0, 3)])).toBe('wsgi same, db same')
  })

  it('says what is new and what is gone', () => {
    const cache: Point = { id: 'c', parent: 'a', service: 'orders', name: 'cache', from: 100, to: 900 }
    const before = [request(1000)]
    const after = [request(1000, cache)]

    expect(changes(before, after)).toBe('wsgi same, db same, cache new')
    expect(changes(after, before)).toBe('wsgi same, cache gone, db same')
  })

  it('takes no time for a point that only some runs have', () => {
    const cache: Point = { id: 'c', parent: 'a', service: 'orders', name: 'cache', from: 100, to: 4900 }
    const [rare, usual] = [request(1000, cache), request(1000)]

    expect(changes([usual, usual, usual, usual, rare], [rare, rare, rare, rare, usual])).toBe(
      'wsgi same, db same, cache slower',
    )
  })

  it('aligns points whatever their ids, values and ports, and pools repetitions', () => {
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

  it('tells apart the same step in two places', () => {
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

  it('finds nothing between runs and themselves, and the opposite the other way round', () => {
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

  it('is a value for JSON', () => {
    const diff = diffReports(runs(20_000, 500), [request(100)])

    expect(JSON.parse(JSON.stringify(diff))).toEqual(diff)
  })

  it('stands on nothing at all', () => {
    expect(diffReports([], [])).toMatchObject({ total: { change: 'same' }, points: [] })
    expect(diffReports([], [request(10)]).points.map(({ change }) => change)).toEqual(['new', 'new'])
    expect(diffReports([buildReport([])], [buildReport([])]).total.change).toBe('same')
  })

  it.each([false, true])('compares 20,000 points (one in another: %s)', isDeep => {
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
    expect(renderDiff(diff)).toContain('20,000 points of 20,000 the same')
  })
})

describe('chance', () => {
  /** Numbers between 0 and 1, always the same (a linear congruential generator). */
  function createRandom(seed: number): () => number {
    let state = seed
    return () => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
      return (state + 0.5) / 2 ** 32
    }
  }

  it.each([3, 5, 10, 20])('is taken for a change in less than 2 % of comparisons of %i equal runs', count => {
    const random = createRandom(count)
    const time = (): number =>
      20_000 * Math.exp(0.2 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()))
    const times = (): number[] => Array.from({ length: count }, time)

    const found = Array.from({ length: 2000 }, () => compareTimes(times(), times())).filter(
      ({ change }) => change !== 'same',
    )

    expect(found.length / 2000).toBeLessThan(0.02)
  })

  it('does not hide a change of half as much again from twenty runs that vary by a fifth', () => {
    const random = createRandom(7)
    const time = (us: number): number =>
      us * Math.exp(0.2 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()))
    const times = (us: number): number[] => Array.from({ length: 20 }, () => time(us))

    const found = Array.from({ length: 500 }, () => compareTimes(times(20_000), times(30_000))).filter(
      ({ change }) => change === 'slower',
    )

    expect(found.length / 500).toBeGreaterThan(0.95)
  })
})

describe('what makes a build fail', () => {
  it('is the whole, and each point, that became slower by more than the share', () => {
    const diff = diffReports(runs(20_000, 500), runs(30_000, 500))

    expect(regressions(diff, 0.1).map(({ point }) => point?.name)).toEqual([undefined, 'db', 'wsgi'])
    expect(regressions(diff, 0.4).map(({ point }) => point?.name)).toEqual(['db'])
    expect(regressions(diff, 0.6)).toEqual([])
  })

  it('is no chance, no gain, and nothing that weighs less than 1 % of the whole', () => {
    expect(regressions(diffReports(runs(20_000, 5000), runs(23_000, 5000)), 0.05)).toEqual([])
    expect(regressions(diffReports(runs(30_000, 500), runs(20_000, 500)), 0.05)).toEqual([])
    expect(regressions(diffReports([request(50)], [request(130)]), 0.1)).toEqual([])
  })
})

describe('the drawing of a comparison', () => {
  it('shows the whole, then what became slower, new, faster, gone', () => {
    const step = (name: string, us: number, from: number): Point => ({
      id: name,
      parent: 'a',
      service: 'orders',
      name,
      from,
      to: from + us,
    })
    const before = runs(20_000, 500).map(() => request(20_000, step('render', 3000, 0), step('old', 700, 3000)))
    const after = runs(20_000, 500).map(() => request(30_000, step('render', 1000, 0), step('cache', 2700, 1000)))

    expect(renderDiff(diffReports(before, after), { width: 90 })).toBe(`\
Total 30.0 ms → 40.0 ms, +10.0 ms (+33 %): slower
20 runs before, 20 after; half of them within 0 µs and 0 µs of the median

Slower
  db SELECT 1  orders  20.0 ms → 30.0 ms  +10.0 ms (+50 %)
  … 1 point only with what is below it

New
  cache  orders  2.70 ms  +2.70 ms

Faster
  render  orders  3.00 ms → 1.00 ms  -2.00 ms (-67 %)

Gone
  old  orders  700 µs  -700 µs

0 points of 5 the same, within the spread
`)
  })

  it('says that one run of each tells little, and that calls became more', () => {
    const call = (index: number): Point => ({
      id: `c${index}`,
      parent: 'a',
      service: 'orders',
      name: 'cache',
      from: 100 + index * 100,
      to: 200 + index * 100,
    })
    const drawing = renderDiff(
      diffReports([request(1000, call(0))], [request(1000, ...Array.from({ length: 41 }, (_, index) => call(index)))]),
      { unicode: false, width: 120 },
    )

    expect(drawing).toContain('1 run before, 1 after: too few to know their spread')
    expect(drawing).toContain('1 -> 41 x cache')
    expect(drawing).toMatch(/^[ -~\n]*$/)
  })

  it('fits any width, and lets no record reach the terminal raw', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(text, text, fc.integer({ min: 40, max: 200 }), fc.boolean(), (name, service, width, color) => {
        const trace = (us: number): TraceRecord[] => makeTrace({ id: 'a', name, service, from: 0, to: us })
        const diff = diffReports([buildReport(trace(1000)), buildReport(makeShopTrace())], [buildReport(trace(9000))])

        const drawing = renderDiff(diff, { width, color })

        const escapeCode = String.fromCharCode(27)
        const plain = drawing.replaceAll(new RegExp(`${escapeCode}\\[[\\d;]*m`, 'g'), '')
        expect(plain.split('\n').filter(line => textWidth(line) > width)).toEqual([])
        expect(plain.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
      { numRuns: 300 },
    )
  })
})
