import { runInNewContext } from 'node:vm'
import { buildReport, matchPoints, pointText, type RenderTreeOptions, renderTree } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterPoints } from '../src/analysis/filter-points.js'
import { hostileRecords } from './hostile-records.js'
import { BASE_ID, makeShopTrace, makeTrace, query, sent, served } from './make-trace.js'

/** Returns the lines of the tree, without the lines after the tree and without the columns after the labels. */
function tree(options: RenderTreeOptions, records = makeShopTrace()): string[] {
  const lines = renderTree(buildReport(records), { width: 100, ...options }).split('\n')
  return lines.slice(0, lines.indexOf('')).map(line => line.replace(/ {2,}(?:gateway|catalog|orders|api) .*/, ''))
}

function lastLine(options: RenderTreeOptions): string | undefined {
  return renderTree(buildReport(makeShopTrace()), { width: 160, ...options })
    .split('\n')
    .at(-2)
}

describe('a filtered tree', () => {
  it('shows the given number of levels, and counts the points below them', () => {
    expect(tree({ depth: 2 })).toEqual([
      'request GET /orders/7 200',
      '├─ http GET catalog:8081/items 200',
      '│  └─ … 2 more points, up to 38.5 ms',
      '└─ http GET orders:8082/orders/7 200',
      '   └─ … 23 more points, up to 132 ms',
    ])
    expect(lastLine({ depth: 2 })).toBe('Shown: 3 of 28 points (2 levels deep)')
    expect(lastLine({ depth: 1 })).toBe('Shown: 1 of 28 points (1 level deep)')
  })

  it('shows points that have at least the minimum duration', () => {
    expect(tree({ minUs: 40_000 })).toEqual([
      'request GET /orders/7 200',
      '├─ http GET catalog:8081/items 200',
      '│  └─ … 2 more points, up to 38.5 ms',
      '└─ http GET orders:8082/orders/7 200',
      '   └─ request GET /orders/7 200',
      '      ├─ db SELECT * FROM orders WHERE lower(custom…',
      '      └─ … 21 more points, up to 2.40 ms',
    ])
    expect(lastLine({ minUs: 40_000 })).toBe('Shown: 5 of 28 points (at least 40.0 ms)')
  })

  it('shows the points of a service, and the points above them', () => {
    expect(tree({ service: 'catalog' })).toEqual([
      'request GET /orders/7 200',
      '├─ http GET catalog:8081/items 200',
      '│  └─ request GET /items 200',
      '│     └─ db SELECT id, title FROM catalog',
      '└─ … 24 more points, up to 135 ms',
    ])
    expect(lastLine({ service: 'catalog' })).toBe('Shown: 2 of 28 points, and 2 that lead to them (service "catalog")')
  })

  it('shows matching points, and the points above them', () => {
    const filter = matchPoints(buildReport(makeShopTrace()), text => /addUp/.test(text))

    expect(tree({ filter })).toEqual([
      'request GET /orders/7 200',
      '├─ http GET orders:8082/orders/7 200',
      '│  └─ request GET /orders/7 200',
      '│     ├─ function totals.addUp',
      '│     └─ … 21 more points, up to 66.5 ms',
      '└─ … 3 more points, up to 41.2 ms',
    ])
  })

  it('shows points that meet all conditions, and counts the points even if no point meets them', () => {
    const filter = matchPoints(buildReport(makeShopTrace()), text => text.startsWith('db '))

    expect(tree({ filter, service: 'gateway' })).toEqual(['… 28 more points, up to 182 ms'])
    expect(lastLine({ filter, service: 'gateway' })).toBe(
      'Shown: 0 of 28 points (service "gateway", matching the filter)',
    )
    expect(lastLine({ filter, service: 'orders', minUs: 3000 })).toContain(
      'Shown: 1 of 28 points, and 3 that lead to them',
    )
  })

  it('keeps points of unknown duration', () => {
    const records = makeTrace({ id: 'a', name: 'open', from: 0 }, { id: 'b', name: 'short', from: 0, to: 10 })

    expect(tree({ minUs: 1000 }, records).join('\n')).toMatch(/open {2}unfinished[\s\S]*1 more point/)
  })

  it('does not fold a point that has a match below it with points that repeat it', () => {
    const calls = Array.from({ length: 5 }, (_, index) => [
      { id: `call-${index}`, ...sent('items', 80, '/'), from: index * 100, to: index * 100 + 50 + index },
      {
        id: `served-${index}`,
        parent: `call-${index}`,
        ...(index === 2 ? query('SELECT special') : served('/')),
        from: index * 100 + 1,
        to: index * 100 + 40,
      },
    ]).flat()
    const records = makeTrace(...calls)
    const filter = matchPoints(buildReport(records), text => text.includes('special'))

    expect(tree({ filter }, records).filter(line => line.includes('special'))).toHaveLength(1)
  })

  it('escapes hostile service names', () => {
    expect(renderTree(buildReport(makeShopTrace()), { service: '\u001b[2J' })).not.toContain('\u001b')
  })

  it('keeps the points above every match for any records', () => {
    fc.assert(
      fc.property(hostileRecords, fc.nat(100), fc.option(fc.integer({ min: 1, max: 4 })), (records, seed, depth) => {
        const report = buildReport(records)
        const filter = matchPoints(report, (_, index) => (index * 7 + seed) % 3 === 0)

        const shown = filterPoints(report, { filter, depth: depth ?? undefined })?.shown ?? new Set()

        const isReached = new Set([...report.roots, ...[...shown].flatMap(node => node.children)])
        for (const node of shown) expect(isReached.has(node)).toBe(true)
        for (const node of report.points) {
          if (filter.has(node.traceId) && node.depth < (depth ?? Infinity)) expect(shown.has(node)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('counts every hidden point', () => {
    const [hidden] = tree(
      { filter: new Set() },
      makeTrace(
        ...Array.from({ length: 20_000 }, (_, index) => ({
          id: `${index}`,
          parent: index === 0 ? BASE_ID : `${index - 1}`,
          from: index,
          to: 80_000 - index,
        })),
      ),
    )

    expect(hidden).toBe('… 20,000 more points, up to 80.0 ms')
  })
})

describe('pointText', () => {
  it('returns each searchable field on its own line', () => {
    const [node] = buildReport(
      makeTrace({
        id: 'some-id',
        service: 'orders',
        ...query('SELECT a_long_list, of_columns, and_more FROM items'),
        from: 0,
        to: 1,
        stopInfo: { etype: 'TimeoutError', message: 'gone' },
      }),
    ).points

    expect(node && pointText(node).split('\n')).toEqual([
      'db SELECT ... FROM items',
      'SELECT a_long_list, of_columns, and_more FROM items',
      'orders',
      'shop',
      'vm',
      'TimeoutError',
      'gone',
      'some-id',
    ])
  })

  it('allows a caller to stop a slow regular expression', () => {
    const report = buildReport(makeTrace({ id: 'a', ...query('a'.repeat(50)), from: 0, to: 1 }))
    const match = (): Set<string> => matchPoints(report, text => /(a+)+b/.test(text))

    expect(() => runInNewContext('match()', { match }, { timeout: 200 })).toThrow(/timed out/)
  })
})
