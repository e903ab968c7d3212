import {
  buildReport,
  correctSkew,
  exportOtlp,
  exportPerfetto,
  exportSpeedscope,
  readReport,
  readTraceFile,
  renderDot,
  renderTree,
  reportJson,
  selfTimes,
  statistics,
  summarize,
} from '@osprofiler/report'
import { isWholeTrace } from '@osprofiler/report/toolkit'
import { describe, expect, it } from 'vitest'
import {
  account,
  HELD,
  READ_FILE,
  type RecordedCause,
  SUM_PRICES,
  type TestStretch,
  TIMER,
  why,
} from './make-account.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'
import { parsed } from './parse-export.js'

const request: Point = { id: 'request', service: 'orders', ...served('/orders'), from: 0, to: 390_000 }

function sentences(points: readonly Point[], ...infos: readonly (readonly [Point, unknown])[]): string[] {
  const records = [...makeTrace(...points), ...infos.flatMap(([point, info]) => account(point, info))]
  return summarize(buildReport(records)).map(({ sentence }) => sentence)
}

function step(id: string, from: number, to: number, more: Partial<Point> = {}): Point {
  return { id, parent: 'request', service: 'orders', name: 'step', from: from * 1000, to: to * 1000, ...more }
}

describe('the account of a request', () => {
  const points = [request, step('parse', 10, 200)]
  const records = [...makeTrace(...points), ...account(request, why([SUM_PRICES], [[20, 164, 0]]))]

  it('is not a step of the trace', () => {
    const report = buildReport(records)
    const without = buildReport(makeTrace(...points))

    expect(report.points).toEqual(without.points)
    expect(report.durationUs).toBe(without.durationUs)
    expect(statistics(report)).toEqual(statistics(without))
    expect(report.accounts?.map(({ name, parentId }) => [name, parentId])).toEqual([['why', 'request']])
    expect(Object.keys(without)).not.toContain('accounts')
  })

  it('does not make the trace longer if its records are late', () => {
    const late = { ...request, to: 500_000 }
    const report = buildReport([...makeTrace(...points), ...account(late, why([SUM_PRICES], [[20, 164, 0]]))])

    expect(report.durationUs).toBe(390_000)
  })

  it('is written to JSON and read back', () => {
    const report = buildReport(records)
    const json = reportJson(report)

    expect(json.children[0]?.children.map(({ info }) => info.name)).toEqual(['step', 'why'])
    expect(readReport(JSON.stringify(json))).toEqual(report)
  })

  it.each<[string, Point[]]>([
    [
      'has points below it',
      [
        { id: 'why', parent: 'request', name: 'why', info: { why: {} }, from: 1, to: 9 },
        step('below', 0, 1, { parent: 'why' }),
      ],
    ],
    ['has no info.why', [{ id: 'why', parent: 'request', name: 'why', from: 1, to: 9 }]],
  ])('is not read from a point named why that %s', (_, more) => {
    const report = buildReport(makeTrace(request, ...more))

    expect(report.points.map(({ name }) => name)).toContain('why')
    expect(report.accounts).toBeUndefined()
  })

  it('is shown as an ordinary point if the trace has no other points', () => {
    expect(buildReport(account(request, why([], []))).points.map(({ name }) => name)).toEqual(['why'])
  })

  it('must be in the trace before the trace counts as complete, if the request announced it', () => {
    const counted = { ...request, stopInfo: { ...request.stopInfo, points: { recorded: 1, passed_on: 0, pending: 1 } } }
    const [start, stop] = account(request, why([], []))

    expect(isWholeTrace(buildReport(makeTrace(counted)))).toBe(false)
    expect(isWholeTrace(buildReport([...makeTrace(counted), start as never]))).toBe(false)
    expect(isWholeTrace(buildReport([...makeTrace(counted), start as never, stop as never]))).toBe(true)
    expect(isWholeTrace(buildReport(makeTrace({ ...counted, stopInfo: { points: { recorded: 1 } } })))).toBe(true)
  })
})

describe('a request whose work continued after the answer', () => {
  const points = { recorded: 2, pending: 1 }
  const counted = { ...request, stopInfo: { ...request.stopInfo, points } }

  it.each<[string, Partial<Point>]>([
    ['ends after the answer', { to: 400_000 }],
    ['ends in the same microsecond as the answer', { to: 390_000 }],
  ])('announces no account if the work %s', (_, more) => {
    const report = buildReport(makeTrace(counted, step('left', 380, 0, more)))

    expect(isWholeTrace(report)).toBe(true)
    expect(renderTree(report)).not.toContain('was asked why')
  })

  it('announces an account if it counted one more open point than the trace contains', () => {
    const report = buildReport(
      makeTrace({ ...counted, stopInfo: { points: { recorded: 2, pending: 2 } } }, step('left', 380, 400)),
    )

    expect(isWholeTrace(report)).toBe(false)
    expect(renderTree(report)).toContain('orders was asked why, but its account is not here')
  })
})

describe('a finding from an account', () => {
  it('names the hottest line, the synchronous call, or the code that blocked the event loop', () => {
    const timeline: TestStretch[] = [
      [0, 144, 0],
      [144, 192, 1],
      [192, 240, 2],
      [240, 300, 3],
      [300, 390, -1],
    ]

    expect(sentences([request], [request, why([SUM_PRICES, HELD, READ_FILE, TIMER], timeline)])).toEqual([
      '37 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (144 ms)',
      '23 % of this request is "GET /orders" in orders (90.0 ms)',
      '15 % of this request waited for a timer, asked for by politeRetry (src/orders.ts:67) in orders (60.0 ms)',
      '12 % of this request waited while others held the event loop in orders: rebuildIndex (src/orders.ts:93) (48.0 ms)',
      '12 % of this request is synchronous readFileSync, called by loadRates (src/orders.ts:45) in orders (48.0 ms)',
    ])
  })

  it.each<[string, RecordedCause]>([
    ['is CPU in sumPrices (src/orders.ts:33) in orders', { ...SUM_PRICES, hotShare: 0.49 }],
    ['is CPU in sumPrices (src/orders.ts:38) via lodash in orders', { ...SUM_PRICES, via: 'lodash' }],
    ['is CPU in orders', { kind: 'cpu' }],
    ['waited while others held the event loop in orders', { kind: 'held' }],
    [
      'waited for a promise that other work settles, asked for at src/orders.ts:67 in orders',
      { ...TIMER, what: 'promise' },
    ],
    [
      'waited for a thread of the pool, all busy with 4 x crypto, asked for by politeRetry (src/orders.ts:67) in orders',
      { ...TIMER, kind: 'pool', by: '4 x crypto' },
    ],
    [
      'waited for fs, or for the event loop in orders, which others held: rebuildIndex (src/orders.ts:93)',
      { ...HELD, kind: 'either', what: 'fs' },
    ],
    [
      'is garbage collection, mostly in makeGarbage (src/orders.ts:74) in orders',
      { kind: 'gc', function: 'makeGarbage', file: 'src/orders.ts', line: 74 },
    ],
    [
      'is 40 short sections of code, resumed in politeRetry (src/orders.ts:67) in orders',
      { ...TIMER, kind: 'short', times: 40 },
    ],
    ['is native code in orders', { kind: 'native' }],
    ['is the work of OSProfiler in orders', { kind: 'osprofiler' }],
  ])('says that a share of this request %s', (words, cause) => {
    expect(sentences([request], [request, why([cause], [[0, 390, 0]])])).toEqual([
      `100 % of this request ${words} (390 ms)`,
    ])
  })

  it('is replaced by the finding about the point if the account has no explanation', () => {
    expect(sentences([request], [request, why([{ kind: 'unknown' }], [[0, 390, 0]])])).toEqual([
      '100 % of this request is "GET /orders" in orders (390 ms)',
    ])
  })

  it('replaces the finding about a gap, but not the findings about the remaining self time', () => {
    const points = [request, step('parse', 0, 100), step('render', 300, 390)]

    expect(sentences(points, [request, why([SUM_PRICES], [[110, 250, 0]])])).toEqual([
      '36 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (140 ms)',
      '26 % of this request is "step" in orders (100 ms)',
      '23 % of this request is "step" in orders (90.0 ms)',
      '15 % of this request is "GET /orders" in orders itself, outside its 2 steps (60.0 ms)',
    ])
  })

  it('counts each moment only once if points are nested', () => {
    const points = [request, step('outer', 0, 300), step('inner', 100, 200, { parent: 'outer' })]
    const records = [...makeTrace(...points), ...account(request, why([SUM_PRICES], [[50, 150, 0]]))]
    const finding = summarize(buildReport(records)).find(({ kind }) => kind === 'cpu')

    expect(finding?.sentence).toBe('26 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (100 ms)')
    expect(finding?.traceIds).toEqual(['outer', 'inner'])
  })

  it('counts each moment only once if points ran in parallel, and says that they did', () => {
    const points = [request, step('a', 0, 390), step('b', 0, 390)]

    expect(sentences(points, [request, why([TIMER], [[0, 390, 0]])])[0]).toBe(
      '100 % of this request waited for a timer, asked for by politeRetry (src/orders.ts:67) in orders, for 2 points in parallel (390 ms)',
    )
  })

  it('is absent if a query waited for the network, because the query has its own finding', () => {
    const points = [request, step('query', 0, 390, query('SELECT 1'))]
    const network = { ...TIMER, what: 'network' }

    expect(sentences(points, [request, why([network], [[0, 390, 0]])])).toEqual([
      '100 % of this request is "SELECT 1" in orders (390 ms)',
    ])
  })

  it('reports code that blocked the event loop during a query', () => {
    const points = [request, step('query', 0, 390, query('SELECT 1'))]

    expect(sentences(points, [request, why([HELD], [[90, 390, 0]])])).toEqual([
      '77 % of this request waited while others held the event loop in orders: rebuildIndex (src/orders.ts:93) (300 ms)',
      '23 % of this request is "SELECT 1" in orders (90.0 ms)',
    ])
  })

  it('comes before the finding about the repeated points whose time it explains', () => {
    const points = [request, ...Array.from({ length: 10 }, (_, index) => step(`${index}`, index * 39, index * 39 + 38))]

    expect(sentences(points, [request, why([SUM_PRICES], [[0, 390, 0]])]).slice(0, 2)).toEqual([
      '100 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (390 ms)',
      '97 % of this request is 10 x "step" in orders, one after another (380 ms)',
    ])
  })
})

describe('an account of a called service', () => {
  const top: Point = { id: 'top', service: 'api', host: 'a', ...served('/'), from: 0, to: 400_000 }
  const call: Point = {
    id: 'call',
    parent: 'top',
    service: 'api',
    host: 'a',
    ...sent('orders', 80, '/'),
    from: 0,
    to: 400_000,
  }
  const callee: Point = {
    id: 'callee',
    parent: 'call',
    service: 'orders',
    host: 'b',
    ...served('/'),
    from: 150_000,
    to: 390_000,
  }

  it('explains the time in which its recorder started, which is then not reported as time between the services', () => {
    const info = why([SUM_PRICES], [[150, 390, 0]], { costs: { startMs: 140 } })

    expect(sentences([top, call, callee], [callee, info])[0]).toBe(
      '60 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (240 ms)',
    )
    expect(sentences([top, call, callee], [callee, info]).join()).not.toContain('lies between')
    expect(sentences([top, call, callee]).join()).toContain('40 % of this request lies between')
  })

  it('is shifted when the clock of its host is corrected', () => {
    const ahead = { ...callee, from: 5_150_000, to: 5_390_000 }
    const info = why([SUM_PRICES], [[5150, 5390, 0]])
    const report = buildReport([...makeTrace(top, call, ahead), ...account(ahead, info)])

    expect(correctSkew(report).clocks.some(({ offsetUs }) => offsetUs !== 0)).toBe(true)
    expect(selfTimes(report).size).toBe(3)
    expect(summarize(report)[0]?.sentence).toBe(
      '60 % of this request is CPU in sumPrices (src/orders.ts:38) in orders (240 ms)',
    )
  })
})

describe('the accounts below the tree', () => {
  function below(info: unknown, points: readonly Point[] = [request]): string {
    const [, block = ''] = renderTree(buildReport([...makeTrace(...points), ...account(request, info)])).split(
      /\n\n(?=Why|orders was)/,
    )
    return block.split('\n\nTrace ')[0] ?? ''
  }

  it('list the ten largest causes, and add up the others', () => {
    const causes = Array.from({ length: 12 }, (_, index) => ({ ...TIMER, line: index + 1 }))
    const timeline = causes.map((_, index): TestStretch => [index * 30, index * 30 + 20 - index, index])
    const lines = below(why([...causes, SUM_PRICES], [...timeline, [370, 390, 12]], { rest: { ms: 5, causes: 3 } }))

    expect(lines.split('\n')).toEqual([
      'Why: 390 ms of orders (level cpu)',
      '  20.0 ms  waited for a timer, asked for by politeRetry (src/orders.ts:1)',
      '  20.0 ms  CPU in sumPrices (src/orders.ts:38)',
      ...[19, 18, 17, 16, 15, 14, 13, 12].map(
        (ms, index) => `  ${ms}.0 ms  waited for a timer, asked for by politeRetry (src/orders.ts:${index + 2})`,
      ),
      '  35.0 ms  6 other causes',
    ])
  })

  it.each<[string, Record<string, unknown>, string]>([
    [
      'that the service recorded less than it was asked for',
      { level: 'waits', asked: 'cpu', because: 'interval' },
      'orders was asked for cpu, but recorded only waits: the profiler had run in the last ten seconds',
    ],
    [
      'that the recording was cut',
      { cut: true, wallMs: 12_000 },
      'The recording was cut after ten seconds: 11.9 s have no cause',
    ],
  ])('report %s', (_, more, words) => {
    expect(below(why([TIMER], [[0, 100, 0]], more)).replaceAll(/\n +/g, ' ')).toContain(words)
  })

  it('name the services that made no account', () => {
    expect(below({ version: 1, refused: 'busy', asked: 'cpu' })).toBe(
      'orders was asked why and was busy with another request',
    )
    expect(
      renderTree(buildReport(makeTrace({ ...request, stopInfo: { points: { recorded: 1, pending: 1 } } }))),
    ).toContain('orders was asked why, but its account is not here')
  })
})

describe('the exports of a trace with an account', () => {
  const info = why(
    [SUM_PRICES, TIMER],
    [
      [10, 154, 0],
      [154, 200, 1],
      [200, 210, -1],
    ],
  )
  const report = buildReport([...makeTrace(request), ...account(request, info)])

  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('can be read back: %o', async write => {
    expect(await readTraceFile(write(report))).toEqual(report)
  })

  it('contain the timeline as slices in Perfetto', () => {
    const events = parsed(exportPerfetto(report)).traceEvents as { name: string; ph: string; ts: number; dur: number }[]

    expect(events.filter(({ ph }) => ph === 'X').map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
      ['wsgi GET /orders 200', 0, 390_000],
      ['why orders', 10_000, 200_000],
      ['CPU in sumPrices (src/orders.ts:38)', 10_000, 144_000],
      ['waited for a timer, asked for by politeRetry (src/orders.ts:67)', 154_000, 46_000],
      ['other causes', 200_000, 10_000],
    ])
  })

  it('contain the timeline as a profile in speedscope', () => {
    const { shared, profiles } = parsed(exportSpeedscope(report)) as unknown as {
      shared: { frames: { name: string }[] }
      profiles: { name: string; events: { type: string; frame: number; at: number }[] }[]
    }

    expect(profiles.map(({ name }) => name)).toEqual(['1 orders: wsgi GET /orders 200', '2 why orders'])
    expect(
      profiles[1]?.events.map(({ type, frame, at }) => [type, shared.frames[frame]?.name.slice(0, 10), at]),
    ).toEqual([
      ['O', 'why orders', 10_000],
      ['O', 'CPU in sum', 10_000],
      ['C', 'CPU in sum', 154_000],
      ['O', 'waited for', 154_000],
      ['C', 'waited for', 200_000],
      ['O', 'other caus', 200_000],
      ['C', 'other caus', 210_000],
      ['C', 'why orders', 210_000],
    ])
  })

  it('contain the point of the account in DOT, as in Python', () => {
    expect(renderDot(report)).toContain('orders:why - 0 ms')
  })
})
