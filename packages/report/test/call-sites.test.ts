import {
  buildReport,
  matchPoints,
  pointText,
  type RenderTreeOptions,
  renderTree,
  statistics,
  summarize,
} from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, loop, request } from './find.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

const EACH_US = 2000

function from(line: number, file = 'src/orders.ts'): { code: Record<string, unknown> } {
  return { code: { file, line, column: 7, function: 'loadItems' } }
}

function queryFrom(statement: string, site: { code?: unknown } = {}): Pick<Point, 'name' | 'info'> {
  const { name, info } = query(statement)
  return { ...(name && { name }), info: { ...info, ...site } }
}

/** Returns sequential queries. The nth query comes from the nth call site, if there is one. */
function queriesFrom(...sites: readonly { code?: unknown }[]): Point[] {
  return loop(sites.length, index => ({
    ...queryFrom('SELECT 1 FROM items', sites[index]),
    from: index * EACH_US,
    to: (index + 1) * EACH_US,
  }))
}

function repeat<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item)
}

function sentencesOf(kind: Parameters<typeof find>[0], points: readonly Point[]): string[] {
  return find(kind, ...request(...points)).map(({ sentence }) => sentence)
}

describe('a finding about repeated points', () => {
  const whole = '40 % of this request is 20 x "SELECT 1 FROM items" in orders, one after another'

  it('names the line of the program that made the points', () => {
    expect(sentencesOf('repeated', queriesFrom(...repeat(20, from(41))))).toEqual([
      `${whole}, from src/orders.ts:41 (40.0 ms)`,
    ])
  })

  it('says how many points have a call site if not all of them do', () => {
    expect(sentencesOf('repeated', queriesFrom(from(41), ...repeat(19, {})))).toEqual([
      `${whole}, 1 of them from src/orders.ts:41 (40.0 ms)`,
    ])
  })

  it('is separate for each line of the program that made some of the points', () => {
    const points = queriesFrom(...repeat(8, from(41)), ...repeat(6, from(57)), ...repeat(3, {}))

    expect(sentencesOf('repeated', points)).toEqual([
      '16 % of this request is 8 x "SELECT 1 FROM items" in orders, one after another, from src/orders.ts:41 (16.0 ms)',
      '12 % of this request is 6 x "SELECT 1 FROM items" in orders, one after another, from src/orders.ts:57 (12.0 ms)',
      '6 % of this request is 3 x "SELECT 1 FROM items" in orders, one after another (6.00 ms)',
    ])
  })

  it.each([
    ['a string instead of an object', 'src/orders.ts:41'],
    ['a file of a wrong type', { file: ['src'], line: 41 }],
    ['an extremely long file name', { file: 'a/'.repeat(5000), line: 41 }],
    ['a file with a line break', { file: 'a\n100 % is b', line: 41 }],
    ['no line', { file: 'src/orders.ts' }],
    ['a line below 1', { file: 'src/orders.ts', line: -1 }],
    ['a line that is not an integer', { file: 'src/orders.ts', line: 1.5 }],
    ['a huge line', { file: 'src/orders.ts', line: 1e300 }],
  ])('names no line if the call site has %s', (_, code) => {
    expect(sentencesOf('repeated', queriesFrom(...repeat(20, { code })))).toEqual([`${whole} (40.0 ms)`])
  })

  it('shows the end of a long path', () => {
    const [sentence] = sentencesOf('repeated', queriesFrom(...repeat(20, from(41, `${'deep/'.repeat(40)}orders.ts`))))

    expect(sentence).toMatch(/, from \.\.\.(?:\w*\/)+orders\.ts:41 \(40\.0 ms\)$/)
    expect(sentence?.length).toBeLessThan(200)
  })
})

describe('a finding', () => {
  it('about a slow point names the line that made the point', () => {
    expect(sentencesOf('slow', [{ id: 'a', ...queryFrom('SELECT 1', from(3)), from: 0, to: 80_000 }])).toEqual([
      '80 % of this request is "SELECT 1" in orders, from src/orders.ts:3 (80.0 ms)',
    ])
  })

  it("about a point's self time names the line that made the point, and then the number of its steps", () => {
    const points = [
      { id: 'work', service: 'orders', name: 'work', info: from(3, 'src/work.ts'), from: 0, to: 90_000 },
      { id: 'a', parent: 'work', ...queryFrom('SELECT a'), from: 20_000, to: 40_000 },
      { id: 'b', parent: 'work', ...queryFrom('SELECT b'), from: 60_000, to: 70_000 },
    ]

    expect(sentencesOf('slow', points)[0]).toBe(
      '60 % of this request is "work" in orders, from src/work.ts:3, outside its 2 steps (60.0 ms)',
    )
  })

  it('about a gap names the lines that made the points before and after the gap', () => {
    const points = [
      { id: 'work', service: 'orders', name: 'work', info: from(3, 'src/work.ts'), from: 0, to: 90_000 },
      { id: 'a', parent: 'work', ...queryFrom('SELECT a', from(10)), from: 0, to: 10_000 },
      { id: 'b', parent: 'work', ...queryFrom('SELECT b', from(20)), from: 80_000, to: 90_000 },
    ]

    expect(sentencesOf('gap', points).slice(0, 1)).toEqual([
      '70 % of this request is "work" in orders, from src/work.ts:3, between "SELECT a" from src/orders.ts:10 and "SELECT b" from src/orders.ts:20, with nothing recorded (70.0 ms)',
    ])
  })

  it('about waits lists the lines if there are at most three', () => {
    const waits = (lines: readonly number[]): Point[] =>
      loop(lines.length, index => ({
        name: 'wait',
        info: { wait: { for: 'pool' }, ...from(lines[index] ?? 1) },
        from: index * 10_000,
        to: (index + 1) * 10_000,
      }))

    expect(sentencesOf('waiting', waits([5, 6, 5, 7]))).toEqual([
      '40 % of this request is spent waiting for a connection from a pool in orders, 4 times, from src/orders.ts:5, src/orders.ts:6 and src/orders.ts:7 (40.0 ms)',
    ])
    expect(sentencesOf('waiting', waits([5, 6, 7, 8]))).toEqual([
      '40 % of this request is spent waiting for a connection from a pool in orders, 4 times (40.0 ms)',
    ])
  })

  it('about a retried request names the line that made the tries', () => {
    const { name, info } = sent('rates', 80, '/now')
    const tries = [0, 40_000].map((startUs, index) => ({
      id: `try-${index}`,
      service: 'orders',
      ...(name && { name }),
      info: { ...info, ...from(9) },
      stopInfo: { requests: { status_code: index === 0 ? 503 : 200 } },
      from: startUs,
      to: startUs + 5000,
    }))

    expect(sentencesOf('retried', tries)).toEqual([
      '40 % of this request is "GET rates:80/now" in orders, tried 2 times, from src/orders.ts:9: 1 try failed with 503; 35.0 ms lay between the tries (40.0 ms)',
    ])
  })

  it('about a failure names the line that made the failed point', () => {
    const failed = { id: 'a', ...queryFrom('SELECT 1', from(3)), from: 0, to: 1, stopInfo: { etype: 'RangeError' } }

    expect(sentencesOf('failed', [failed])).toEqual(['"SELECT 1" in orders, from src/orders.ts:3, failed: RangeError'])
  })

  it('about a point without an end names the line that made the point', () => {
    expect(sentencesOf('unfinished', [{ id: 'a', ...queryFrom('SELECT 1', from(3)), from: 0 }])).toEqual([
      '"SELECT 1" in orders, from src/orders.ts:3, never finished, so its duration is unknown',
    ])
  })

  it('about steps that might run in parallel names their lines, or the first and the last of many lines', () => {
    const reads = (lines: readonly number[]): Point[] =>
      lines.map((line, index) => ({
        id: `read-${index}`,
        service: 'orders',
        ...queryFrom(`SELECT ${'abcdef'[index]} FROM t`, from(line)),
        from: index * 20_000,
        to: (index + 1) * 20_000,
      }))

    expect(sentencesOf('serial', reads([10, 12]))).toEqual([
      'Up to 20 % of this request might be saved if "SELECT a FROM t" and "SELECT b FROM t" in orders, from src/orders.ts:10 and src/orders.ts:12, ran in parallel: the records show no dependency (20.0 ms)',
    ])
    expect(sentencesOf('serial', reads([10, 12, 14, 16]))).toEqual([
      'Up to 60 % of this request might be saved if "SELECT a FROM t", "SELECT b FROM t" and 2 more in orders, the first from src/orders.ts:10, the last from src/orders.ts:16, ran in parallel: the records show no dependency (60.0 ms)',
    ])
  })

  it('about calls between services names the lines of the callers', () => {
    const { name, info, stopInfo } = sent('items', 80, '/items')
    const records = makeTrace(
      {
        id: 'call',
        service: 'orders',
        ...(name && { name }),
        info: { ...info, ...from(7) },
        ...(stopInfo && { stopInfo }),
        from: 0,
        to: 100_000,
      },
      { id: 'callee', parent: 'call', service: 'items', ...served('/items'), from: 30_000, to: 60_000 },
    )

    const { sentence } = summarize(buildReport(records)).find(({ kind }) => kind === 'hop') ?? {}

    expect(sentence).toContain(
      'between "GET items:80/items" in orders and "GET /items" in items, from src/orders.ts:7: the network',
    )
  })
})

describe('the tree', () => {
  const records = makeTrace(
    ...request(...queriesFrom(...repeat(5, from(41)), ...repeat(4, from(57))), {
      id: 'odd',
      ...queryFrom('SELECT odd', { code: 7 }),
      from: 80_000,
      to: 81_000,
    }),
  )

  function draw(options: RenderTreeOptions): string[] {
    const [tree = ''] = renderTree(buildReport(records), options).split('What to look at')
    return tree.trimEnd().split('\n')
  }

  it('shows the lines that made the points only if the option code is set', () => {
    const plain = draw({ width: 140 }).join('\n')
    const located = draw({ width: 140, code: true })

    expect(plain).not.toContain('src/orders.ts')
    expect(located.map(line => /src\/orders\.ts:\d+/.exec(line)?.[0])).toEqual([
      undefined,
      'src/orders.ts:41',
      'src/orders.ts:57',
      undefined,
    ])
  })

  it('fits into a narrow terminal by leaving out the folders of the file', () => {
    for (const width of [20, 40, 60, 80, 100]) {
      for (const line of draw({ width, code: true })) expect(line.length).toBeLessThanOrEqual(width)
    }
    expect(draw({ width: 45, code: true })[1]).toMatch(/ {2}…\/orders\.ts:41 /)
    expect(draw({ width: 40, code: true })[1]).toMatch(/ {2}[\w.]+…?:41 /)
  })

  it('says how many of the folded points have a call site', () => {
    const some = makeTrace(...request(...queriesFrom(from(41), from(41), {}, {}, {})))

    expect(renderTree(buildReport(some), { width: 140, code: true })).toMatch(/5 x db .*src\/orders\.ts:41 \(2 of 5\)/)
  })

  it('escapes a file name', () => {
    const odd = makeTrace({ id: 'a', info: from(1, 'src/\u202egpj.ts'), from: 0, to: 1 })

    expect(renderTree(buildReport(odd), { width: 140, code: true })).toContain('src/\\u202egpj.ts:1')
  })
})

describe('the line that made a point', () => {
  it('is text by which matchPoints finds the point', () => {
    const report = buildReport(makeTrace({ id: 'a', info: from(41), from: 0, to: 1 }, { id: 'b', from: 0, to: 1 }))

    expect([...matchPoints(report, text => /orders\.ts:41$/m.test(text))]).toEqual(['a'])
    expect(report.points.map(pointText).filter(text => text.includes('.ts'))).toHaveLength(1)
  })

  it('is used to group points in the statistics, together with the service', () => {
    const other = { id: 'other', service: 'items', ...queryFrom('SELECT 2', from(41)), from: 60_000, to: 61_000 }

    const { byCallSite } = statistics(
      buildReport(makeTrace(...request(...queriesFrom(from(41), from(41), from(57)), other))),
    )

    expect(byCallSite.map(({ label, service, count, selfUs }) => [label, service, count, selfUs])).toEqual([
      ['', 'orders', 1, 93_000],
      ['src/orders.ts:41', 'orders', 2, 4000],
      ['src/orders.ts:57', 'orders', 1, 2000],
      ['src/orders.ts:41', 'items', 1, 1000],
    ])
  })
})

describe('every other finding about points', () => {
  const connection = { connection: { connect_ms: 40, dns_ms: 40 } }

  it.each<[string, Parameters<typeof find>[0], readonly Point[], string]>([
    [
      'a large result',
      'slow',
      [{ id: 'a', ...queryFrom('SELECT 1', from(7)), stopInfo: { db: { rows: 5_000 } }, from: 0, to: 50_000 }],
      '"SELECT 1" in orders, from src/orders.ts:7, which returned 5,000 rows (50.0 ms)',
    ],
    [
      'a wait for a pool',
      'waiting',
      [
        { id: 'w', name: 'wait', info: { wait: { for: 'pool', max: 1, pool: 9 }, ...from(7) }, from: 0, to: 40_000 },
        { id: 'a', ...queryFrom('SELECT 1', from(8)), stopInfo: { db: { pool: 9 } }, from: 0, to: 41_000 },
      ],
      'a pool of 1 in orders, from src/orders.ts:7; meanwhile "SELECT 1" of this trace, from src/orders.ts:8, held a connection (40.0 ms)',
    ],
    [
      'work after the answer',
      'late',
      [{ id: 'a', ...queryFrom('INSERT INTO audit', from(7)), from: 99_000, to: 200_000 }],
      'in orders: "INSERT INTO audit", from src/orders.ts:7',
    ],
    [
      'a new connection',
      'connecting',
      [
        {
          id: 'a',
          ...sent('rates', 80, '/'),
          info: { ...sent('rates', 80, '/').info, ...from(7) },
          stopInfo: { requests: { status_code: 200, ...connection } },
          from: 0,
          to: 50_000,
        },
      ],
      'resolving rates in orders, from src/orders.ts:7 (40.0 ms)',
    ],
    [
      'the body of a response',
      'body',
      [
        {
          id: 'a',
          ...sent('rates', 80, '/'),
          info: { ...sent('rates', 80, '/').info, ...from(7) },
          stopInfo: { requests: { status_code: 200, first_byte_ms: 5, last_byte_ms: 50 } },
          from: 0,
          to: 50_000,
        },
      ],
      'the response body of "GET rates:80/" in orders, from src/orders.ts:7: first byte after 5.00 ms, then 45.0 ms of body',
    ],
  ])('names the line of %s', (_, kind, points, sentence) => {
    expect(sentencesOf(kind, points)[0]).toContain(sentence)
  })
})
