import { buildReport, type Finding, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

function find(kind: Finding['kind'], ...points: readonly Point[]): Finding[] {
  return summarize(buildReport(makeTrace(...points))).filter(finding => finding.kind === kind)
}

function sentences(kind: Finding['kind'], ...points: readonly Point[]): string[] {
  return find(kind, ...points).map(({ sentence }) => sentence)
}

/** A request of 100 ms with steps in it. */
function request(...steps: readonly Point[]): Point[] {
  return [
    { id: 'request', service: 'orders', ...served('/orders'), from: 0, to: 100_000 },
    ...steps.map(step => ({ parent: 'request', service: 'orders', ...step })),
  ]
}

describe('a gap in a trace that lacks points', () => {
  const steps = [
    { id: 'a', ...query('SELECT a'), from: 0, to: 5_000 },
    { id: 'b', ...query('UPDATE b'), from: 95_000, to: 100_000 },
  ]
  const lossy = (stopInfo: Record<string, unknown>, service = 'orders'): Point[] =>
    request(...steps, { id: 'lossy', service, ...query('SELECT c'), from: 1_000, to: 2_000, stopInfo })

  it.each([{ records_dropped: 3 }, { points_omitted: 3 }])('may be the time of what its service lost: %o', stopInfo => {
    expect(sentences('gap', ...lossy(stopInfo))).toEqual([
      '90 % of this request is "GET /orders" in orders between "SELECT a" and "UPDATE b", with nothing recorded, or steps that are missing here (90.0 ms)',
    ])
  })

  it('may be the time of what was lost on the way, whoever sent that', () => {
    const [found] = summarize(buildReport(makeTrace(...request(...steps))), { dropped: 1 })

    expect(found?.sentence).toContain('with nothing recorded, or steps that are missing here')
  })

  it('is sure where another service lost something', () => {
    expect(sentences('gap', ...lossy({ records_dropped: 3 }, 'items'))).toEqual([
      expect.stringContaining('with nothing recorded (90.0 ms)'),
    ])
  })

  it('that is the own time of a point says the same', () => {
    const [found] = find('slow', { id: 'a', ...served('/'), from: 0, to: 100_000, stopInfo: { points_omitted: 9 } })

    expect(found?.sentence).toBe('100 % of this request is "GET /" in api, or steps that are missing here (100 ms)')
  })
})

describe('waiting', () => {
  const wait = (id: string, from: number, to: number, info?: Record<string, unknown>): Point => ({
    id,
    name: 'wait',
    from,
    to,
    ...(info && { info }),
  })

  it('for a pool is added up, and named', () => {
    const pool = { wait: { for: 'pool' } }
    const found = find('waiting', ...request(wait('a', 0, 10_000, pool), wait('b', 20_000, 30_000, pool)))

    expect(found).toMatchObject([{ traceIds: ['a', 'b'], totalUs: 20_000, share: 0.2 }])
    expect(found[0]?.sentence).toBe(
      '20 % of this request is waiting for a connection of a pool in orders, 2 times (20.0 ms)',
    )
  })

  it('for the event loop, for something else, and for nobody knows what are told apart', () => {
    expect(
      sentences(
        'waiting',
        ...request(
          { ...wait('a', 0, 30_000), info: { wait: { for: 'event-loop' } } },
          { ...wait('b', 40_000, 60_000), name: 'lock', stopInfo: { wait: { for: 'lock 7' } } },
          wait('c', 70_000, 80_000),
        ),
      ),
    ).toEqual([
      '30 % of this request is waiting for the event loop in orders (30.0 ms)',
      '20 % of this request is waiting for lock 7 in orders (20.0 ms)',
      '10 % of this request is waiting in orders (10.0 ms)',
    ])
  })

  it('is not also called slow or repeated', () => {
    const points = request(wait('a', 0, 20_000), wait('b', 20_000, 40_000), wait('c', 40_000, 60_000))

    expect(summarize(buildReport(makeTrace(...points))).map(({ kind }) => kind)).toEqual(['waiting', 'gap'])
  })
})

describe('what lies between two services', () => {
  const call = (id: string, from: number, to: number, before: number, after: number): Point[] => [
    { id, ...sent('items', 80, '/'), from, to },
    { id: `${id}-callee`, parent: id, service: 'items', ...served('/'), from: from + before, to: to - after },
  ]

  it('is split into before and after', () => {
    const found = find('hop', ...request(...call('a', 10_000, 90_000, 25_000, 5000)))

    expect(found).toMatchObject([{ traceIds: ['a', 'a-callee'], totalUs: 30_000, share: 0.3 }])
    expect(found[0]?.sentence).toBe(
      '30 % of this request lies between "GET items:80/" in orders and "GET /" in items: network, queueing or the body (30.0 ms: 25.0 ms before, 5.00 ms after)',
    )
  })

  it('is added up over the calls, those at the same time once', () => {
    const points = request(
      ...call('a', 0, 20_000, 10_000, 0),
      ...call('b', 0, 20_000, 10_000, 0),
      ...call('c', 30_000, 60_000, 15_000, 5000),
    )

    expect(find('hop', ...points)[0]).toMatchObject({ totalUs: 30_000 })
    expect(sentences('hop', ...points)[0]).toContain(
      'lies between orders and items, in 3 calls: network, queueing or the body (30.0 ms',
    )
  })

  it('is as long whatever the clocks say, and then not split', () => {
    const [caller, callee] = call('a', 10_000, 90_000, 25_000, 5000) as [Point, Point]
    const off = { ...callee, host: 'other', from: callee.from + 9_000_000, to: (callee.to ?? 0) + 9_000_000 }

    expect(sentences('hop', ...request(caller, off))[0]).toContain(
      '(30.0 ms; their clocks differ too much to say how much of it before and how much after)',
    )
  })

  it('is not told again as time of the caller itself', () => {
    expect(find('slow', ...request(...call('a', 0, 100_000, 25_000, 25_000))).map(({ traceIds }) => traceIds)).toEqual([
      ['a-callee'],
    ])
  })
})

describe('a stretch in which nothing was recorded', () => {
  it('is named by what stands before and after it', () => {
    const found = find(
      'gap',
      ...request(
        { id: 'a', ...query('SELECT a'), from: 0, to: 30_000 },
        { id: 'b', ...query('UPDATE b'), from: 75_000, to: 99_000 },
      ),
    )

    expect(found).toMatchObject([{ traceIds: ['request'], totalUs: 45_000, share: 0.45 }])
    expect(found[0]?.sentence).toBe(
      '45 % of this request is "GET /orders" in orders between "SELECT a" and "UPDATE b", with nothing recorded (45.0 ms)',
    )
  })

  it('is none while work runs that a step handed over and did not wait for', () => {
    const found = find(
      'gap',
      ...request({ id: 'enqueue', from: 0, to: 1_000 }, { id: 'job', parent: 'enqueue', from: 5_000, to: 95_000 }),
    )

    expect(found.every(({ totalUs }) => (totalUs ?? 0) <= 5_000)).toBe(true)
  })

  it('is found beneath steps that overlap, one inside the other', () => {
    expect(
      find(
        'gap',
        ...request(
          { id: 'long', from: 0, to: 60_000 },
          { id: 'inside', from: 10_000, to: 20_000 },
          { id: 'last', from: 80_000, to: 100_000 },
        ),
      ),
    ).toMatchObject([{ totalUs: 20_000 }])
  })

  it('is none where a step may still have run', () => {
    expect(find('gap', ...request({ id: 'open', from: 0 }))).toEqual([])
  })
})

describe('work that is in fact serial', () => {
  const read = (id: string, from: number, to: number): Point => ({ id, ...query(`SELECT ${id}`), from, to })

  it('is stated as a possibility, with what it might save', () => {
    const found = find(
      'serial',
      ...request(read('a', 0, 20_000), read('b', 20_000, 60_000), {
        id: 'c',
        ...sent('x', 1, '/c'),
        from: 61_000,
        to: 91_000,
      }),
    )

    expect(found).toMatchObject([{ traceIds: ['a', 'b', 'c'], totalUs: 50_000, share: 0.5 }])
    expect(found[0]?.sentence).toBe(
      'Up to 50 % of this request might be saved if "SELECT a", "SELECT b" and 1 more in orders ran at once: nothing recorded forbids it (50.0 ms)',
    )
  })

  it('is found among steps that do little but wait for such work', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'load user', from: 0, to: 40_000 },
          { ...read('a', 1000, 39_000), parent: 'load user' },
          { id: 'load cart', from: 40_000, to: 80_000 },
          { ...read('b', 41_000, 79_000), parent: 'load cart' },
        ),
      ),
    ).toMatchObject([{ traceIds: ['load user', 'load cart'], totalUs: 40_000 }])
  })

  it.each([
    ['overlaps', request(read('a', 0, 50_000), read('b', 49_999, 99_000))],
    [
      'writes between',
      request(
        read('a', 0, 40_000),
        { id: 'w', ...query('UPDATE t SET x = 1'), from: 40_000, to: 41_000 },
        read('b', 42_000, 90_000),
      ),
    ],
    [
      'computes between',
      request(read('a', 0, 40_000), { id: 'f', from: 40_000, to: 41_000 }, read('b', 42_000, 90_000)),
    ],
    ['locks rows', request(read('a', 0, 40_000), { ...read('b', 42_000, 90_000), ...query('SELECT b FOR UPDATE') })],
    [
      'asks for what the one before it gave',
      request(
        { ...read('a', 0, 40_000), stopInfo: { db: { result: '[{"sku": "sku-4711"}]' } } },
        { id: 'b', ...sent('x', 1, '/items/sku-4711'), from: 42_000, to: 90_000 },
      ),
    ],
    [
      'posts',
      request(read('a', 0, 40_000), {
        id: 'b',
        name: 'http',
        info: { requests: { method: 'POST', path: '/', hostname: 'x' } },
        from: 42_000,
        to: 90_000,
      }),
    ],
  ])('is not suspected where a step %s', (_, points) => {
    expect(find('serial', ...points)).toEqual([])
  })

  it('is not suspected of what a repetition already tells', () => {
    const points = Array.from({ length: 4 }, (_, index) => read('same', index * 25_000, index * 25_000 + 25_000))

    expect(find('serial', ...request(...points.map((point, index) => ({ ...point, id: `s${index}` }))))).toEqual([])
  })

  it('saves nothing where the request does not wait for it', () => {
    expect(
      find(
        'serial',
        ...request(
          { id: 'decisive', from: 0, to: 100_000 },
          { id: 'beside', from: 0, to: 90_000 },
          { ...read('a', 0, 40_000), parent: 'beside' },
          { ...read('b', 45_000, 90_000), parent: 'beside' },
        ),
      ),
    ).toEqual([])
  })
})

describe('the critical path', () => {
  it('is told by service, where there are several', () => {
    const found = find(
      'critical',
      ...request(
        { id: 'a', service: 'b', from: 10_000, to: 70_000 },
        { id: 'beside', service: 'c', from: 10_000, to: 60_000 },
      ),
    )

    expect(found[0]?.sentence).toBe('The critical path is b 60 %, orders 40 %')
    expect(found[0]?.traceIds).toEqual(['request', 'a'])
    expect(find('critical', ...request({ id: 'a', from: 0, to: 5 }))).toEqual([])
  })

  it('is told of one service too, where for long nothing was recorded', () => {
    expect(
      sentences('critical', { id: 'a', from: 0, to: 30_000 }, { id: 'b', parent: 'gone', from: 70_000, to: 100_000 }),
    ).toEqual(['The critical path is api 60 %, nothing recorded 40 %'])
  })

  it('tells what lies on it first, and says what does not', () => {
    const findings = summarize(
      buildReport(
        makeTrace(
          ...request(
            { id: 'beside', ...query('SELECT beside'), from: 0, to: 80_000 },
            { id: 'decisive', ...query('UPDATE decisive'), from: 50_000, to: 95_000 },
          ),
        ),
      ),
    )

    expect(findings.map(({ sentence }) => sentence)).toEqual([
      '45 % of this request is "UPDATE decisive" in orders (45.0 ms)',
      '80 % of this request is "SELECT beside" in orders (80.0 ms), not on the critical path',
    ])
  })
})

describe('what is missing', () => {
  const answered = (id: string): Point => ({ id, ...sent('items', 80, '/'), from: 0, to: 10 })
  const callee = (id: string): Point => ({
    id: `${id}-callee`,
    parent: id,
    service: 'items',
    ...served('/'),
    from: 1,
    to: 9,
  })

  it('may be a service that reported other calls', () => {
    const [found] = find('silent', ...request(answered('a'), callee('a'), answered('b')))

    expect(found).toMatchObject({ traceIds: ['b'], count: 1, share: undefined })
    expect(found?.sentence).toBe(
      'items:80 answered 1 call with nothing recorded below, and 1 call with something: perhaps its records were lost, are late, or it refused the trace',
    )
  })

  it('may be a service that never reports, which may be right', () => {
    expect(sentences('silent', ...request(answered('a'), answered('b')))).toEqual([
      'items:80 answered 2 calls and nothing is recorded below: perhaps it is not traced, has other keys or another clock, gets no signed headers (a proxy, propagateTo), or writes to another store',
    ])
  })

  it('is nothing where nobody answered', () => {
    const failed = { ...answered('a'), stopInfo: { etype: 'ECONNREFUSED' } }

    expect(find('silent', ...request(failed, { id: 'b', ...sent('items', 80, '/'), from: 0 }))).toEqual([])
  })

  it('may be records that were lost, if whoever asks knows of some', () => {
    const report = buildReport(makeTrace({ id: 'a', from: 0, to: 1 }))
    const lost = (dropped: number) => summarize(report, { dropped }).filter(({ kind }) => kind === 'dropped')

    expect(lost(0)).toEqual([])
    expect(lost(1204)).toMatchObject([{ count: 1204, traceIds: [] }])
    expect(lost(1204)[0]?.sentence).toBe(
      '1,204 records of this trace were lost on the way to the store: points are missing or look unfinished',
    )
  })
})
