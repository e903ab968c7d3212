import { criticalPath, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, loop, reportOf, request, sentences } from './find.js'
import { type Point, query, sent, served } from './make-trace.js'

/** Returns the sentences about a request of 100 ms with these steps, without the hint. */
function sentencesAbout(...steps: readonly Point[]): string[] {
  const findings = summarize(reportOf(...request(...steps))).filter(({ kind }) => kind !== 'hint')
  return findings.map(({ sentence }) => sentence)
}

const audit = (from: number, to: number): Point => ({ id: 'audit', ...query('INSERT INTO audit'), from, to })

describe('the finding about work after the answer', () => {
  it('says how long the work went on, after which request, and what it was', () => {
    const found = find('late', ...request(audit(90_000, 220_000)))

    expect(found).toMatchObject([{ traceIds: ['audit'], count: 1, totalUs: 120_000 }])
    expect(found[0]?.sentence).toBe(
      '120 ms of work went on after the answer of "GET /orders" in orders: "INSERT INTO audit"',
    )
  })

  it('does not change the findings about the request, or the critical path until the answer', () => {
    const select = { id: 'select', ...query('SELECT 1'), from: 10_000, to: 90_000 }

    expect(sentencesAbout(select, audit(5_000, 250_000))).toEqual([
      '150 ms of work went on after the answer of "GET /orders" in orders: "INSERT INTO audit"',
      '80 % of this request is "SELECT 1" in orders (80.0 ms)',
      '20 % of this request is "GET /orders" in orders itself, outside its one step (20.0 ms)',
    ])
    expect(
      criticalPath(reportOf(...request(select, audit(5_000, 250_000)))).map(({ point, toUs }) => [
        point?.traceId,
        toUs,
      ]),
    ).toEqual([
      ['request', 10_000],
      ['select', 90_000],
      ['request', 100_000],
      ['audit', 250_000],
    ])
  })

  it('comes after a finding about a longer delay of the answer', () => {
    expect(sentencesAbout({ id: 'select', ...query('SELECT 1'), from: 0, to: 99_000 }, audit(99_000, 130_000))).toEqual(
      [
        '99 % of this request is "SELECT 1" in orders (99.0 ms)',
        '30.0 ms of work went on after the answer of "GET /orders" in orders: "INSERT INTO audit"',
      ],
    )
  })

  it('names the longest step, counts its repetitions, and counts the other steps', () => {
    const inserts = loop(3, index => ({
      ...query('INSERT INTO t'),
      from: 110_000 + index * 20_000,
      to: 130_000 + index * 20_000,
    }))

    expect(
      sentences(
        'late',
        ...request(
          { id: 'job', name: 'job', from: 50_000, to: 200_000 },
          ...inserts.map(point => ({ ...point, parent: 'job' })),
        ),
      ),
    ).toEqual(['100 ms of work went on after the answer of "GET /orders" in orders: 3 x "INSERT INTO t" and 1 more'])
  })

  it('is absent for a step that ran mostly before the answer', () => {
    expect(sentencesAbout({ id: 'render', name: 'render', from: 5_000, to: 100_100 })).toEqual([
      '95 % of this request is "render" in orders (95.0 ms)',
    ])
  })

  it('also appears for a request that another service sent', () => {
    const points: Point[] = [
      { id: 'gateway', service: 'gateway', ...served('/'), from: 0, to: 100_000 },
      { id: 'call', parent: 'gateway', service: 'gateway', ...sent('orders', 1, '/orders'), from: 0, to: 50_000 },
      { id: 'orders', parent: 'call', service: 'orders', ...served('/orders'), from: 0, to: 50_000 },
      { id: 'audit', parent: 'orders', service: 'orders', ...query('INSERT INTO audit'), from: 49_000, to: 80_000 },
    ]

    expect(sentences('late', ...points)).toEqual([
      '30.0 ms of work went on after the answer of "GET /orders" in orders: "INSERT INTO audit"',
    ])
  })

  it('names the end of a failed request instead of its answer', () => {
    const [root, ...steps] = request(audit(90_000, 220_000))
    if (root === undefined) throw new Error('no root')

    expect(sentences('late', { ...root, stopInfo: { etype: 'AbortError' } }, ...steps)[0]).toContain(
      'went on after the end of "GET /orders"',
    )
  })

  it('includes a call for which the request did not wait, and excludes the call from the other findings', () => {
    const call = { id: 'call', ...sent('mail', 1, '/send'), from: 95_000, to: 300_000 }
    const callee = { id: 'callee', parent: 'call', service: 'mail', ...served('/send'), from: 96_000, to: 299_000 }

    expect(sentencesAbout(call, callee)).toEqual([
      '200 ms of work went on after the answer of "GET /orders" in orders: "GET mail:1/send"',
      '100 % of this request is "GET /orders" in orders (100 ms)',
    ])
  })

  it.each<[string, readonly Point[]]>([
    ['for less than 10 ms', request(audit(100_000, 109_000))],
    [
      'for less than a tenth of the trace',
      [
        { id: 'r', ...served('/'), from: 0, to: 900_000 },
        { parent: 'r', ...audit(0, 950_000) },
      ],
    ],
    ['in another service, as separate work', request({ ...audit(90_000, 220_000), service: 'worker' })],
    ['on another host, whose clock may differ', request({ ...audit(90_000, 220_000), host: 'other' })],
    [
      'in a trace without a served request',
      [
        { id: 'r', from: 0, to: 100_000 },
        { parent: 'r', ...audit(0, 220_000) },
      ],
    ],
    [
      'without a known end',
      request(
        { id: 'audit', ...query('INSERT INTO audit'), from: 90_000 },
        { id: 'b', parent: 'audit', service: 'b', from: 91_000, to: 220_000 },
      ),
    ],
  ])('is absent if work went on %s', (_, points) => {
    expect(find('late', ...points)).toEqual([])
  })
})

describe('a message that is consumed after the answer', () => {
  const publish: Point = {
    id: 'publish',
    name: 'rpc',
    info: { function: { name: 'publish reports' }, amqp: { routing_key: 'reports' } },
    from: 90_000,
    to: 95_000,
  }
  const consume: Point = {
    id: 'consume',
    parent: 'publish',
    service: 'worker',
    name: 'rpc',
    info: { function: { name: 'consume reports' }, amqp: { queue: 'reports' } },
    from: 500_000,
    to: 1_000_000,
  }
  const select: Point = {
    id: 'select',
    parent: 'consume',
    service: 'worker',
    ...query('SELECT 1'),
    from: 500_000,
    to: 990_000,
  }

  it('is part of the trace, not of the request', () => {
    expect(sentencesAbout(publish, consume, select)).toEqual([
      '49 % of this trace is "SELECT 1" in worker (490 ms)',
      '41 % of this trace passed while a message waited 405 ms in the queue "reports", from orders to worker',
      '90 % of this request is "GET /orders" in orders before "publish reports", with nothing recorded (90.0 ms)',
    ])
  })

  it('is not reported as work after the answer, because its consumer is meant to run later', () => {
    expect(
      find('late', ...request(publish, { ...consume, service: 'orders' }, { ...select, service: 'orders' })),
    ).toEqual([])
  })

  it('is not part of the request even if its consumer started shortly before the answer', () => {
    expect(sentencesAbout(publish, { ...consume, from: 99_000 }, { ...select, from: 100_000 })[0]).toBe(
      '89 % of this trace is "SELECT 1" in worker (890 ms)',
    )
  })

  it('is part of the request if it ends only a few milliseconds later, because clocks may differ by that much', () => {
    expect(sentencesAbout(publish, { ...consume, from: 99_000, to: 105_000 })[0]).toContain('% of this request')
  })
})

describe('a job that another service starts after the answer', () => {
  it('is part of the trace, not of the request, even if no message to this service was recorded', () => {
    const job = { id: 'job', service: 'worker', name: 'job', from: 150_000, to: 400_000 }

    expect(sentencesAbout(job)).toEqual([
      '63 % of this trace is "job" in worker (250 ms)',
      '100 % of this request is "GET /orders" in orders (100 ms)',
    ])
  })
})
