import { buildReport, type Report } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { type CauseTime, findCauseTimes } from '../src/why/cause-times.js'
import { createOwnCauses } from '../src/why/own-causes.js'
import { reportOf } from './find.js'
import { account, HELD, type RecordedCause, SUM_PRICES, TIMER, why } from './make-account.js'
import { explain } from './make-cause.js'
import { makeTrace, type Point, query, sent, served } from './make-trace.js'

const request: Point = { id: 'request', ...served('/'), from: 0, to: 100_000 }

function step(id: string, fromMs: number, toMs: number, more: Partial<Point> = {}): Point {
  return { id, parent: 'request', from: fromMs * 1000, to: toMs * 1000, ...more }
}

/** Finds the causes, and returns each one's kind, its time in milliseconds, and its time in each point. */
function find(report: Report, minMs = 0, includes?: Parameters<typeof findCauseTimes>[3]): unknown[] {
  return findCauseTimes(report, createOwnCauses(report), minMs * 1000, includes).map(({ cause, totalUs, usByNode }) => [
    cause.kind,
    totalUs / 1000,
    Object.fromEntries(Array.from(usByNode, ([{ traceId }, us]) => [traceId, us / 1000])),
  ])
}

/** Returns the time of a single cause from 0 to 100 ms. */
function findOne(cause: RecordedCause, ...points: readonly Point[]): CauseTime | undefined {
  const report = explain(request, why([cause], [[0, 100, 0]]), ...points)
  return findCauseTimes(report, createOwnCauses(report), 0)[0]
}

describe('findCauseTimes', () => {
  const report = explain(
    request,
    why(
      [SUM_PRICES, TIMER, { kind: 'unknown' }],
      [
        [0, 30, 0],
        [30, 80, 1],
        [80, 90, 2],
        [90, 100, 0],
      ],
    ),
    step('a', 10, 20),
    step('b', 40, 70),
  )

  it("adds up each known cause in the points' self time, the longest first", () => {
    expect(find(report)).toEqual([
      ['wait', 50, { b: 30, request: 20 }],
      ['cpu', 40, { request: 30, a: 10 }],
    ])
  })

  it("lists a cause's points with the longest time first", () => {
    const times = findCauseTimes(report, createOwnCauses(report), 0)

    expect(times.map(({ usByNode }) => Array.from(usByNode.keys(), ({ traceId }) => traceId))).toEqual([
      ['b', 'request'],
      ['request', 'a'],
    ])
  })

  it('leaves out causes below the minimum, but not those that reach it', () => {
    expect([40, 41, 51].map(minMs => find(report, minMs).length)).toEqual([2, 1, 0])
  })

  it('counts only the points that are included for a cause', () => {
    expect(find(report, 0, ({ traceId }, { kind }) => traceId === 'request' && kind === 'cpu')).toEqual([
      ['cpu', 30, { request: 30 }],
    ])
  })

  it('leaves out a cause whose included time is below the minimum', () => {
    expect(find(report, 31, ({ traceId }) => traceId === 'request')).toEqual([])
  })

  it('finds nothing in a trace without accounts, or with an account without a timeline', () => {
    const bare = explain(request, { ...why([SUM_PRICES], [[0, 100, 0]]), timeline: '' })

    expect([reportOf(request), bare].map(without => find(without))).toEqual([[], []])
  })

  it('leaves out time in which another service ran', () => {
    const far = step('far', 0, 60, { service: 'web' })

    expect(find(explain(request, why([SUM_PRICES], [[0, 100, 0]]), far))).toEqual([['cpu', 40, { request: 40 }]])
  })

  it('keeps the causes of two accounts apart', () => {
    const inner = step('inner', 60, 100, { service: 'web', ...served('/') })
    const records = [request, inner].flatMap(point => account(point, why([SUM_PRICES], [[0, 100, 0]])))

    expect(find(buildReport([...makeTrace(request, inner), ...records]))).toEqual([
      ['cpu', 60, { request: 60 }],
      ['cpu', 40, { inner: 40 }],
    ])
  })

  it.each<[string, Partial<Point>]>([
    ['query', query('SELECT 1')],
    ['call', sent('db', 80, '/')],
    ['wait for a pool', { name: 'wait', info: { wait: { for: 'pool' } } }],
  ])('leaves out the plain waits of a %s, but no other causes', (_, more) => {
    const within = (cause: RecordedCause): unknown[] =>
      find(explain(request, why([cause], [[0, 100, 0]]), step('a', 0, 100, more)))
    const plain = ['network', 'promise', 'unknown', undefined].map(what => ({ kind: 'wait', what }))

    expect(plain.flatMap(within)).toEqual([])
    expect([TIMER, HELD, { kind: 'either', what: 'network' }].flatMap(within)).toEqual([
      ['wait', 100, { a: 100 }],
      ['held', 100, { a: 100 }],
      ['either', 100, { a: 100 }],
    ])
  })

  it('keeps the plain waits of a step that is not a query or call', () => {
    expect(findOne({ kind: 'wait', what: 'network' }, step('a', 0, 100))?.totalUs).toBe(100_000)
  })

  it.each([
    ['at least a fifth', 40, true],
    ['less than a fifth', 41, false],
  ])('counts time that points share once, and reports it if it is %s of the total', (_, fromMs, isShared) => {
    const time = findOne(SUM_PRICES, step('a', 0, 60), step('b', fromMs, 100))

    expect(time?.totalUs).toBe(100_000)
    expect([...(time?.usByNode.values() ?? [])]).toEqual([60_000, (100 - fromMs) * 1000].sort((a, b) => b - a))
    expect(time?.isShared).toBe(isShared)
  })

  it('counts time once if one parallel point contains another', () => {
    const time = findOne(SUM_PRICES, step('a', 0, 100), step('b', 20, 30), step('c', 40, 90))

    expect(time?.totalUs).toBe(100_000)
    expect([...(time?.usByNode.values() ?? [])]).toEqual([100_000, 50_000, 10_000])
  })
})
