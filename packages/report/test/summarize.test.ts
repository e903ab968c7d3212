import { buildReport, type Finding, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { BASE_ID, makeShopTrace, makeTrace, type Point, query, recordsOf, sent, served } from './make-trace.js'

function find(kind: Finding['kind'], ...points: readonly Point[]): Finding[] {
  return summarize(buildReport(makeTrace(...points))).filter(finding => finding.kind === kind)
}

/** A request of 100 ms with steps in it. */
function request(...steps: readonly (Omit<Point, 'parent'> & { parent?: string })[]): Point[] {
  return [
    { id: 'request', service: 'orders', ...served('/orders'), from: 0, to: 100_000 },
    ...steps.map(step => ({ parent: 'request', service: 'orders', ...step })),
  ]
}

function loop(count: number, each: (index: number) => Omit<Point, 'id'>): Point[] {
  return Array.from({ length: count }, (_, index) => ({ id: `step-${index}`, ...each(index) }))
}

describe('what to look at', () => {
  it('says it in words, longest first, and links to the points', () => {
    const findings = summarize(buildReport(makeShopTrace()))

    expect(findings.map(finding => finding.sentence)).toEqual([
      '37 % of this request is "SELECT * FROM orders WHERE lower(customer) LIKE ?" in orders (66.5 ms)',
      '26 % of this request is 20 x "SELECT ... FROM items WHERE id = ?" in orders, one after another (48.0 ms)',
      'Up to 23 % of this request might be saved if "GET catalog:8081/items" and "GET orders:8082/orders/7" in gateway ran at once: nothing recorded forbids it (41.2 ms)',
      '18 % of this request is "GET /items" in catalog after "SELECT id, title FROM catalog", with nothing recorded (32.8 ms)',
      'The critical path is orders 73 %, catalog 21 %, gateway 6 %',
    ])
    expect(findings.slice(0, 4).map(finding => finding.traceIds)).toEqual([
      ['slow'],
      Array.from({ length: 20 }, (_, index) => `item-${index}`),
      ['to-catalog', 'to-orders'],
      ['catalog'],
    ])
  })

  it('says nothing where nothing stands out', () => {
    expect(summarize(buildReport([]))).toEqual([])
  })

  it('names at most as many of a kind as asked', () => {
    const steps = loop(6, index => ({
      ...query(`UPDATE ${'abc'.charAt(index % 3)}`),
      from: index * 16_000,
      to: index * 16_000 + 15_000,
    }))

    expect(summarize(buildReport(makeTrace(...request(...steps))), { limit: 1 })).toHaveLength(1)
    expect(summarize(buildReport(makeTrace(...request(...steps)))).length).toBeGreaterThan(1)
  })
})

describe('repetitions', () => {
  it('finds a query in a loop, with count, total and share', () => {
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

  it('sees through ids, numbers and quoted values', () => {
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

  it('counts the time of parallel repetitions once, and does not call them one after another', () => {
    const found = find(
      'repeated',
      ...request(...loop(4, index => ({ ...query('SELECT 1'), from: index * 1000, to: 20_000 }))),
    )

    expect(found[0]).toMatchObject({ totalUs: 20_000, share: 0.2 })
    expect(found[0]?.sentence).toContain('partly at the same time')
  })

  it('keeps apart other queries, other services and other parents', () => {
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

  it('does not mention what takes next to no time', () => {
    expect(
      find(
        'repeated',
        ...request(...loop(10, index => ({ ...query('SELECT 1'), from: index * 100, to: index * 100 + 50 }))),
      ),
    ).toEqual([])
  })
})

describe('self time', () => {
  it("is a point's interval without the union of its children's", () => {
    const [slowest] = find(
      'slow',
      ...request(
        { id: 'a', from: 10_000, to: 30_000 },
        { id: 'overlapping', from: 20_000, to: 40_000 },
        { id: 'within', from: 12_000, to: 13_000 },
        { id: 'outlasting', from: 90_000, to: 150_000 },
      ),
    )

    // Of 150 ms in all: 100 less 30 (10 to 40) and 10 (90 to 100).
    expect(slowest).toMatchObject({ traceIds: ['request'], totalUs: 60_000, share: 0.4 })
    expect(slowest?.sentence).toContain('"GET /orders" in orders itself, outside its 4 steps (60.0 ms)')
  })

  it('does not blame a parent for the time of a child that never stopped', () => {
    expect(find('slow', ...request({ id: 'open', from: 5000 }))).toEqual([])
  })

  it('is not told again for the points of a repetition', () => {
    const steps = loop(3, index => ({ ...query('SELECT 1'), from: index * 31_000, to: index * 31_000 + 31_000 }))

    expect(summarize(buildReport(makeTrace(...request(...steps)))).map(finding => finding.kind)).toEqual(['repeated'])
  })
})

describe('failures and what is missing', () => {
  it('names the point where a failure began, with its message', () => {
    const failure = { etype: 'OperationalError', message: 'no such table: items' }
    const found = find(
      'failed',
      { id: 'a', service: 'gateway', ...served('/', 500), from: 0, to: 100 },
      { id: 'b', parent: 'a', service: 'orders', ...served('/orders', 500), from: 1, to: 99 },
      { id: 'c', parent: 'b', service: 'orders', ...query('SELECT 1'), from: 2, to: 98, stopInfo: failure },
    )

    expect(found.map(finding => finding.sentence)).toEqual([
      '"SELECT 1" in orders failed: OperationalError: no such table: items',
    ])
    expect(found[0]?.traceIds).toEqual(['c'])
  })

  it('names a status where there was no exception', () => {
    expect(find('failed', { id: 'a', ...served('/x', 503), from: 0, to: 9 })[0]?.sentence).toBe(
      '"GET /x" in api failed: status 503',
    )
  })

  it('counts the failures that it does not name', () => {
    const found = find('failed', ...request(...loop(5, index => ({ from: index, to: 9, stopInfo: { etype: 'E' } }))))

    expect(found).toHaveLength(4)
    expect(found[3]).toMatchObject({ sentence: '2 more points failed', traceIds: ['step-3', 'step-4'] })
  })

  it('tells of points that never finished', () => {
    const [found] = find('unfinished', ...request({ id: 'b', ...query('SELECT 1'), from: 5 }, { id: 'c', from: 6 }))

    expect(found).toMatchObject({ count: 2, traceIds: ['b', 'c'], share: undefined })
    expect(found?.sentence).toBe('2 points, the first "SELECT 1" in orders, never finished: how long is unknown')
  })

  it("blames Python's requests hook where it took the end of the request for the end of its call", () => {
    const call = { id: 'call', service: 'orders', ...sent('items', 80, '/x'), from: 1, to: 9 }
    const [wsgi, other] = [
      { id: 'wsgi', service: 'orders', ...served('/'), from: 0 },
      { id: 'query', parent: 'call', service: 'orders', ...query('SELECT 1'), from: 3, to: 4 },
    ]
    const findBelow = (members: Partial<Point>) => {
      const points = [wsgi, { ...call, parent: 'wsgi', ...members }, other]
      return find('unfinished', ...points).map(({ sentence }) => sentence)
    }

    const unfinished = '"GET /" in orders never finished: how long is unknown'
    const blame = `; "GET items:80/x" raised, it seems, and Python's requests hook did not stop it`
    expect(findBelow({ stopInfo: {} })).toEqual([unfinished + blame])
    expect(findBelow({})).toEqual([unfinished])
    expect(findBelow({ stopInfo: { etype: 'ConnectionError' } })).toEqual([unfinished])
    expect(findBelow({ stopInfo: {}, service: 'items' })).toEqual([unfinished])
  })

  it('tells of points that a service left out', () => {
    const [found] = find('omitted', { id: 'a', ...served('/'), from: 0, to: 9, stopInfo: { points_omitted: 1204 } })

    expect(found).toMatchObject({ count: 1204, traceIds: ['a'] })
    expect(found?.sentence).toBe('api left out 1,204 points below "GET /": its limit for one trace')
  })

  it('tells once of each service whose queries are not recorded, and how to record them', () => {
    const point = (id: string, service: string, unrecorded: unknown) =>
      ({ id, service, from: 0, to: 9, stopInfo: { unrecorded } }) as const

    const found = find(
      'unrecorded',
      point('a', 'orders', ['pg']),
      point('b', 'orders', ['pg', 'mysql2']),
      point('c', 'web', ['pg']),
      ...[[], {}, 'pg', [7], [''], null].map((value, index) => point(`hostile-${index}`, `other-${index}`, value)),
    )

    expect(found.map(({ sentence }) => sentence)).toEqual([
      'queries of orders are not recorded: OSPROFILER_TRACE_SQL=statements',
      'queries of web are not recorded: OSPROFILER_TRACE_SQL=statements',
    ])
    expect(found[0]?.traceIds).toEqual(['a', 'b'])
  })

  it('tells of records that services dropped, and from which service they were', () => {
    const lossy = (id: string, service: string, count: unknown) =>
      ({ id, service, from: 0, to: 9, stopInfo: { records_dropped: count } }) as const

    const one = find('dropped', lossy('a', 'orders', 1200), lossy('b', 'orders', 4), lossy('c', 'web', '7'))
    const several = find('dropped', lossy('a', 'orders', 1), lossy('b', 'web', 2))

    expect(one).toMatchObject([{ count: 1204, traceIds: ['a', 'b'] }])
    expect(one[0]?.sentence).toBe(
      '1,204 records of this trace were lost on the way from orders to the store: points are missing or look unfinished',
    )
    expect(several[0]?.sentence).toMatch(/^3 records of this trace were lost on the way to the store:/)
  })

  it('tells of broken records, one sentence for each way to be broken', () => {
    const records = [
      ...makeTrace(
        { id: 'a', from: 0, to: 9 },
        { id: 'b', parent: 'gone', from: 1, to: 2 },
        { id: 'c', parent: 'gone', from: 1, to: 2 },
      ),
      ...recordsOf({ id: 'd', parent: BASE_ID, from: 3, to: 4 }).slice(1),
    ]

    const irregular = summarize(buildReport(records)).filter(finding => finding.kind === 'irregular')

    expect(irregular.map(finding => finding.sentence)).toEqual([
      '"point" in api has a stop but no start',
      '"point" in api hangs below a parent that is not in this trace; the same holds for 1 more point',
    ])
  })
})
