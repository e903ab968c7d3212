import type { TraceRecord } from '@osprofiler/core'
import { buildReport, type RenderTreeOptions, renderTree } from '@osprofiler/report'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { BASE_ID, makeShopTrace, makeTrace, query, recordsOf, sent, served } from './make-trace.js'

function draw(records: readonly TraceRecord[], options?: RenderTreeOptions): string {
  return renderTree(buildReport(records), options)
}

function rowOf(drawing: string, text: string): string {
  return drawing.split('\n').find(line => line.includes(text)) ?? `no row with ${text}`
}

describe('renderTree', () => {
  it('does not cut the names of points if all of them are short', () => {
    const records = [
      ...recordsOf({ id: 'a', name: 'w', from: 0, to: 100_000 }),
      ...recordsOf({ id: 'b', name: 'x', parent: 'a', from: 0, to: 50_000 }),
      ...recordsOf({ id: 'c', name: 'y', parent: 'b', from: 0, to: 40_000 }),
    ]

    const [first = '', second = '', third = ''] = draw(records, { width: 80 }).split('\n')

    expect([first, second, third].map(line => line.slice(0, 7).trimEnd())).toEqual(['w', '└─ x', '   └─ y'])
  })

  it.each([
    ['no columns of a query in a narrow terminal', 80, 'db SELECT ... FROM', '"SELECT ... FROM'],
    [
      'all columns on two lines of a finding in a terminal of medium width',
      120,
      'db SELECT ... FROM',
      '"SELECT id, name',
    ],
    ['all columns in a wide terminal', 240, 'db SELECT id, name', '"SELECT id, name'],
  ])('shows %s', (_, width, row, quoted) => {
    const statement =
      'SELECT id, name, price, currency, stock FROM items WHERE shop = ? AND price < ? ORDER BY price LIMIT 10'
    const records = makeTrace(
      { id: 'a', from: 0, to: 190_000, ...served('/items') },
      { id: 'b', parent: 'a', from: 1_000, to: 189_000, ...query(statement) },
    )

    const [tree = '', findings = ''] = draw(records, { width }).split('What to look at')

    expect(tree).toContain(row)
    expect(findings.replaceAll(/\s+/g, ' ')).toContain(quoted)
    for (const line of `${tree}${findings}`.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
  })

  it('names a served request "request", and keeps any other name', () => {
    const names = ['wsgi', 'request', 'wsgi2', 'main'].map((name, index) => ({ id: `p${index}`, name, from: 0, to: 9 }))

    const rows = draw(makeTrace(...names))
      .split('\n')
      .slice(0, 4)

    expect(rows.map(row => row.split(' ')[0])).toEqual(['request', 'request', 'wsgi2', 'main'])
  })

  it('shows the tree, services, durations, bars, findings and a summary', () => {
    expect(draw(makeShopTrace(), { width: 100 })).toBe(`\
request GET /orders/7 200                             gateway   182 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━
├─ http GET catalog:8081/items 200                    gateway  41.2 ms  ╺━━━━━╸
│  └─ request GET /items 200                          catalog  38.5 ms  ╺━━━━━╸
│     └─ db SELECT id, title FROM catalog             catalog  4.20 ms   ╸
└─ http GET orders:8082/orders/7 200                  gateway   135 ms         ━━━━━━━━━━━━━━━━━━━━╸
   └─ request GET /orders/7 200                       orders    132 ms         ━━━━━━━━━━━━━━━━━━━━╸
      ├─ db SELECT * FROM orders WHERE lower(custom…  orders   66.5 ms         ╺━━━━━━━━━━
      ├─ 20 x db SELECT ... FROM items WHERE id = ?   orders   48.0 ms                    ━━━━━━━━╸
      └─ function totals.addUp                        orders    240 µs                            ╺

What to look at
  • 37 % of this request is "SELECT * FROM orders WHERE lower(customer) LIKE ?" in orders (66.5 ms)
  • 26 % of this request is 20 x "SELECT ... FROM items WHERE id = ?" in orders, one after another
    (48.0 ms)
  • Up to 23 % of this request might be saved if "GET catalog:8081/items" and "GET
    orders:8082/orders/7" in gateway ran in parallel: the records show no dependency (41.2 ms)
  • 18 % of this request is "GET /items" in catalog after "SELECT id, title FROM catalog", with
    nothing recorded (32.8 ms)
  • The critical path is 73 % in orders, 21 % in catalog, 6 % in gateway

Trace ${BASE_ID} · 182 ms · 28 points · services gateway, catalog, orders
`)
  })

  it('shows the cause of a wait', () => {
    const root = { id: 'root', from: 0, to: 100_000, ...served('/orders/7') }
    const wait = { parent: 'root', name: 'wait', info: { wait: { for: 'pool' } } }

    const drawing = draw(makeTrace(root, { id: 'a', from: 0, to: 50_000, ...wait }))

    expect(drawing).toMatch(/─ wait for pool /)
  })

  it('writes pure ASCII if the option unicode is false', () => {
    const drawing = draw(makeShopTrace(), { width: 60, unicode: false })

    expect(drawing).toMatch(/^[\n -~]+$/)
    expect(rowOf(drawing, 'function')).toContain('`- function')
  })

  it('writes no escapes without colors, and writes the same text with colors', () => {
    const plain = draw(makeShopTrace())
    const colored = draw(makeShopTrace(), { color: true })

    expect(plain).not.toContain('\u001b')
    expect(colored).toContain('\u001b[')
    expect(colored.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '')).toBe(plain)
  })

  it('marks a failure with its exception, and an unfinished point with a question mark', () => {
    const drawing = draw(
      makeTrace(
        { id: 'a', ...served('/x', 500), from: 0, to: 9000 },
        {
          id: 'b',
          parent: 'a',
          ...query('SELECT 1'),
          from: 1000,
          to: 2000,
          stopInfo: { etype: 'TimeoutError', message: 'gone' },
        },
        { id: 'c', parent: 'a', name: 'work', from: 4500 },
      ),
    )

    expect(rowOf(drawing, 'GET /x 500')).toMatch(/^✗ request GET \/x 500/)
    expect(rowOf(drawing, 'SELECT 1')).toMatch(/✗ db SELECT 1 {2}TimeoutError .*1\.00 ms/)
    expect(rowOf(drawing, 'work')).toMatch(/work {2}unfinished .* \? .*━┄┄|work {2}unfinished .* \? .*╸┄┄/)
    expect(drawing).toContain('"SELECT 1" in api failed: TimeoutError: gone')
    expect(drawing).toContain('"work" in api never finished')
  })

  it('shows the points below the slowest of several folded points', () => {
    const calls = Array.from({ length: 4 }, (_, index) => [
      {
        id: `call-${index}`,
        parent: 'a',
        ...sent('catalog', 80, `/items/${index}`),
        from: index * 2000,
        to: index * 2000 + 500 + index * 100,
      },
      {
        id: `served-${index}`,
        parent: `call-${index}`,
        service: 'catalog',
        ...served(`/items/${index}`),
        from: index * 2000,
        to: index * 2000 + 400,
      },
    ])

    const drawing = draw(makeTrace({ id: 'a', from: 0, to: 9000 }, ...calls.flat()), { width: 110 })

    expect(drawing.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/^└─ 4 x http GET catalog:80\/items\/\* /),
      expect.stringMatching(/^ {3}└─ slowest: http GET catalog:80\/items\/3 200 /),
      expect.stringMatching(/^ {6}└─ request GET \/items\/3 200 /),
    ])
  })

  it('does not fold points with different exceptions or marks', () => {
    const points = Array.from({ length: 6 }, (_, index) => ({
      id: `p${index}`,
      parent: 'a',
      ...query('SELECT 1'),
      from: index * 10,
      to: index * 10 + 5,
      ...(index === 3 && { stopInfo: { etype: 'E' } }),
    }))

    const drawing = draw(makeTrace({ id: 'a', from: 0, to: 100 }, ...points))

    expect(drawing).toContain('5 x db SELECT 1')
    expect(drawing).toContain('✗ db SELECT 1  E')
  })

  it('draws a report without points', () => {
    expect(draw([])).toBe('\nTrace without an id · unknown duration · 0 points · no service named\n')
  })
})

describe('a drawing of limited size', () => {
  it('fits every width, even with wide characters and long names', () => {
    const records = makeTrace(
      {
        id: 'a',
        service: '価格サービス価格サービス',
        ...served('/価格/一覧😀👍🏽/e\u0301e\u0301'.repeat(9)),
        from: 0,
        to: 9_999_999,
      },
      {
        id: 'b',
        parent: 'a',
        service: 'x'.repeat(300),
        name: 'y'.repeat(300),
        from: 5,
        to: 700,
        stopInfo: { etype: 'Z'.repeat(99) },
      },
      { id: 'c', parent: 'b', name: '', from: 5 },
    )

    for (let width = 20; width <= 160; width++) {
      for (const line of draw([...records, ...makeShopTrace()], { width }).split('\n')) {
        expect(stringWidth(line)).toBeLessThanOrEqual(width)
      }
    }
  })

  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY, 1e9])('shows the tree even for the invalid width %d', width => {
    const longest = Math.max(
      ...draw(makeShopTrace(), { width })
        .split('\n')
        .map(line => line.length),
    )

    expect(longest).toBeGreaterThan(10)
    expect(longest).toBeLessThanOrEqual(1000)
  })

  it('leaves out the shortest of 20,000 points, and says how many', () => {
    const points = Array.from({ length: 20_000 }, (_, index) => ({
      id: `p${index}`,
      parent: 'a',
      name: `n${index}`,
      from: index,
      to: index * 2,
    }))

    const drawing = draw(makeTrace({ id: 'a', from: 0, to: 100_000 }, ...points))

    expect(drawing.split('\n').length).toBeLessThan(220)
    expect(drawing).toContain('n19999')
    expect(drawing).toContain('… 19,801 more points, up to 19.8 ms')
    expect(drawing).toContain('20,001 points')
  })

  it('limits the rows of a chain of 20,000 points, and shows their depth', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      recordsOf({ id: `p${index}`, ...(index > 0 && { parent: `p${index - 1}` }), from: index, to: 60_000 - index }),
    ).flat()

    const drawing = draw(chain)

    expect(drawing.length).toBeLessThan(50_000)
    expect(drawing).toContain('[199] point')
    expect(drawing).toContain('19,800 more points')
  })

  it('shows a failed point even if it is very short', () => {
    const points = Array.from({ length: 1000 }, (_, index) => ({
      id: `p${index}`,
      parent: 'a',
      name: `n${index}`,
      from: index,
      to: index + 500,
    }))
    const failing = { id: 'f', parent: 'p500', name: 'failing', from: 500, to: 501, stopInfo: { etype: 'E' } }

    expect(draw(makeTrace({ id: 'a', from: 0, to: 2000 }, ...points, failing), { maxRows: 10 })).toContain('✗ failing')
  })
})

describe('hostile records', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202egnp.\u2066\u200b\ufeff\u{e0041}\ud800\u2028'

  function attack(text: string): TraceRecord[] {
    const purposes = [
      { request: { method: text, path: text, query: text, scheme: text } },
      { requests: { method: text, hostname: text, port: text, path: text } },
      { db: { statement: text, params: [text] } },
      { db: { statement: `SELECT ${'x'.repeat(30)} FROM ${text}` } },
      { function: { name: text, args: text } },
    ]
    return purposes.flatMap((info, index) =>
      recordsOf({
        id: `${text}${index}`,
        parent: text,
        name: text,
        service: text,
        from: index,
        to: 90 + index,
        info,
        stopInfo: { etype: text, message: text, points_omitted: 3 },
      }).map(record => ({ ...record, base_id: text, project: text, info: { ...record.info, host: text } })),
    )
  }

  it.each([true, false])('never reach the terminal unescaped (color: %s)', color => {
    const drawing = draw(attack(hostile), { color, width: 200 })

    const own = color
      ? drawing.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[(?:0|\\d(?:;\\d+)?|3\\d)m`, 'g'), '')
      : drawing
    expect(own.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    expect(own).toContain('\\u001b]0;owned\\u0007')
  })

  it('add no lines to the drawing', () => {
    const tame = draw(attack('x'), { width: 1000 }).split('\n').length

    expect(draw(attack('x\n\u2028\r\u0085y'), { width: 1000 }).split('\n')).toHaveLength(tame)
  })

  it('cannot cause a large drawing', () => {
    expect(draw(attack('e\u0301\u0301'.repeat(300_000))).length).toBeLessThan(200_000)
    expect(draw(attack("'".repeat(1_000_000))).length).toBeLessThan(200_000)
    expect(draw(attack('/1'.repeat(500_000))).length).toBeLessThan(200_000)
  })

  it('are drawn safely regardless of their text and structure', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(
        text,
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.integer({ min: 20, max: 130 }),
        (words, junk, width) => {
          const drawing = draw([...attack(words), ...(junk as unknown as TraceRecord[])], { width })

          expect(drawing.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
          for (const line of drawing.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width)
        },
      ),
    )
  })
})
