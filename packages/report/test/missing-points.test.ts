import { buildReport, summarize } from '@osprofiler/report'
import { isWholeTrace } from '@osprofiler/report/toolkit'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, recordsOf, sent, served } from './make-trace.js'

const SECOND = 1_000_000

/** Returns a served request whose stop contains the service's counts of points. */
function counted(id: string, points: unknown, more: Partial<Point> = {}): Point {
  const base = served('/')
  return { id, from: 0, to: SECOND, ...base, ...more, stopInfo: { ...base.stopInfo, points } }
}

function steps(parent: string, count: number, more: Partial<Point> = {}): Point[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `${parent}-${index}`, parent, from: index, to: index + 1 },
    ...more,
  }))
}

function call(id: string, parent: string, signed: unknown, more: Partial<Point> = {}): Point {
  const base = sent('orders', 80, '/')
  return { id, parent, from: 1, to: SECOND - 1, ...base, stopInfo: { requests: { status_code: 200, signed } }, ...more }
}

function missing(...points: readonly Point[]): unknown[] {
  return summarize(buildReport(makeTrace(...points)))
    .filter(({ kind }) => kind === 'missing')
    .map(({ sentence, count }) => [sentence, count])
}

describe('the finding about missing points', () => {
  it('names the service, the number of recorded points, and the number of points in the trace', () => {
    expect(
      missing(counted('root', { recorded: 30 }, { service: 'orders' }), ...steps('root', 27, { service: 'orders' })),
    ).toEqual([['orders recorded 30 points of this request; 28 are here', 2]])
    expect(missing(counted('root', { recorded: 2 }))).toEqual([['api recorded 2 points of this request; 1 is here', 1]])
  })

  it('names a service only once even if several of its requests lack points', () => {
    expect(missing(counted('one', { recorded: 3 }), counted('two', { recorded: 4 }), ...steps('two', 1))).toEqual([
      ['api recorded 7 points of 2 requests; 3 are here', 4],
    ])
  })

  it('is absent if the trace contains all counted points, even with more points that began after the answer', () => {
    expect(missing(counted('root', { recorded: 3, pending: 1 }), ...steps('root', 2))).toEqual([])
    expect(missing(counted('root', { recorded: 3, pending: 1 }), ...steps('root', 5))).toEqual([])
  })

  it('does not count the points of a request that the service sent to itself', () => {
    const points = [
      counted('root', { recorded: 3, passed_on: 1 }),
      call('call', 'root', true),
      counted('inner', { recorded: 6 }, { parent: 'call' }),
      ...steps('inner', 5),
    ]

    expect(missing(...points)).toEqual([['api recorded 3 points of this request; 2 are here', 1]])
  })

  it('does not count the points of other services, which may not count their own points', () => {
    const points = [
      counted('root', { recorded: 2, passed_on: 1 }),
      call('call', 'root', true),
      { id: 'python', parent: 'call', service: 'glance', from: 2, to: 3, ...served('/images') },
      ...steps('python', 4, { service: 'glance' }),
    ]

    expect(missing(...points)).toEqual([])
  })

  it('counts the points below a missing point, which are at the top of the trace', () => {
    const points = [counted('root', { recorded: 6 }), ...steps('lost', 2), ...steps('lost-0', 2)]

    expect(missing(...points)).toEqual([['api recorded 6 points of this request; 5 are here', 1]])
  })

  it('is absent if the lost records that the service reports explain the missing points', () => {
    const root = counted('root', { recorded: 3 })

    expect(missing({ ...root, stopInfo: { ...root.stopInfo, records_dropped: 4 } })).toEqual([])
    expect(missing({ ...root, stopInfo: { ...root.stopInfo, records_dropped: 2 } })).toHaveLength(1)
  })

  it.each([
    ...[null, 5, '5', [], [5], {}, { recorded: '5' }, { recorded: -5 }, { recorded: 5.5 }, { recorded: null }],
    ...[
      { recorded: Number.NaN },
      { recorded: Number.POSITIVE_INFINITY },
      { recorded: 2 ** 60 },
      { recorded: { a: 1 } },
    ],
    ...[{ recorded: true }, { recorded: 0 }, { __proto__: { recorded: 5 } }],
  ])('is absent for the invalid counts %j', points => {
    expect(missing(counted('root', points))).toEqual([])
  })

  it('replaces the finding about a gap, because missing points may make a request seem slow', () => {
    const found = summarize(buildReport(makeTrace(counted('root', { recorded: 5 }))))

    expect(found.map(({ kind }) => kind)).not.toContain('gap')
  })
})

describe('a trace', () => {
  const twoHops = (signed: unknown = true): Point[] => [
    counted('root', { recorded: 2, passed_on: 1 }),
    call('call', 'root', signed),
    counted('callee', { recorded: 2 }, { parent: 'call', service: 'orders', from: 2, to: 3 }),
    ...steps('callee', 1, { service: 'orders' }),
  ]
  const isWhole = (points: readonly Point[]): boolean => isWholeTrace(buildReport(makeTrace(...points)))

  it('is complete if it has all counted points, and a counted request below each signed request', () => {
    expect(isWhole([counted('root', { recorded: 1 })])).toBe(true)
    expect(isWhole(twoHops())).toBe(true)
    expect(isWhole([counted('root', { recorded: 2 }), call('call', 'root', false)])).toBe(true)
  })

  it.each<[string, readonly Point[]]>([
    ['has no points', []],
    ['lacks a point', twoHops().slice(0, -1)],
    ['lacks the callee of a signed request', twoHops().slice(0, 2)],
    ['does not say whether a request was signed', [counted('root', { recorded: 2 }), call('call', 'root', undefined)]],
    ['lacks the receiver of headers that the program passed on', [counted('root', { recorded: 1, passed_on: 1 })]],
    ['has a service that does not count its points', [{ id: 'root', from: 0, to: 1, ...served('/') }]],
    [
      'has a callee that does not count its points',
      twoHops().map(point => (point.id === 'callee' ? { ...point, ...served('/') } : point)),
    ],
    ['has a point that has not stopped', [counted('root', { recorded: 2 }), { id: 'open', parent: 'root', from: 1 }]],
    ['has a point without its parent', [counted('root', { recorded: 1 }), ...steps('lost', 1)]],
  ])('is not complete if it %s', (_, points) => {
    expect(isWhole(points)).toBe(false)
  })

  it('is not complete if it lost records', () => {
    const root = counted('root', { recorded: 1 })

    expect(isWhole([{ ...root, stopInfo: { ...root.stopInfo, records_dropped: 1 } }])).toBe(false)
  })

  it('is complete even if it contains records twice', () => {
    const root = counted('root', { recorded: 1 })

    expect(isWholeTrace(buildReport([...recordsOf(root), ...recordsOf(root)]))).toBe(true)
  })
})
