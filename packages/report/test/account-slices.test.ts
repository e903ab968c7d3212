import { buildReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { type SlicedAccount, sliceAccounts } from '../src/export/account-slices.js'
import { reportOf } from './find.js'
import { account, SUM_PRICES, type TestStretch, TIMER, why } from './make-account.js'
import { explain } from './make-cause.js'
import { makeTrace, type Point, served, timestamp } from './make-trace.js'

const request: Point = { id: 'request', service: 'orders', ...served('/'), from: 0, to: 100_000 }

function slice(info: unknown, more: Partial<Point> = {}): SlicedAccount | undefined {
  return sliceAccounts(explain({ ...request, ...more }, info))[0]
}

describe('sliceAccounts', () => {
  it('returns the intervals of an account with their causes in words', () => {
    const timeline: TestStretch[] = [
      [10, 30, 0],
      [40, 50, 1],
      [50, 60, -1],
    ]

    const sliced = slice(why([SUM_PRICES, TIMER], timeline))

    expect(sliced).toMatchObject({ name: 'why orders', startUs: 10_000, endUs: 60_000 })
    expect(sliced?.node.traceId).toBe('why-of-request')
    expect(sliced?.slices).toEqual([
      { startUs: 10_000, endUs: 30_000, kind: 'cpu', name: 'CPU in sumPrices (src/orders.ts:38)' },
      {
        ...{ startUs: 40_000, endUs: 50_000, kind: 'wait' },
        name: 'waited for a timer, asked for by politeRetry (src/orders.ts:67)',
      },
      { startUs: 50_000, endUs: 60_000, kind: 'other', name: 'other causes' },
    ])
  })

  it('returns nothing for a report without accounts', () => {
    expect(sliceAccounts(reportOf(request))).toEqual([])
  })

  it("cuts off the time before the trace's start", () => {
    const at = timestamp(-20_000)

    const sliced = slice(
      why(
        [SUM_PRICES, TIMER],
        [
          [0, 15, 1],
          [15, 20, 1],
          [20, 60, 0],
        ],
        { at },
      ),
    )

    expect(sliced).toMatchObject({ startUs: 0, endUs: 40_000, slices: [{ startUs: 0, endUs: 40_000, kind: 'cpu' }] })
  })

  it.each<[string, unknown]>([
    ['a refusal', { version: 1, refused: 'busy' }],
    ['an account of an unknown version', why([TIMER], [[0, 50, 0]], { version: 2 })],
    ['an account without a timeline', why([TIMER], [[0, 50, 0]], { timeline: '' })],
    ['an account that ended before the trace began', why([TIMER], [[0, 50, 0]], { at: timestamp(-50_000) })],
  ])('keeps the point of %s, without slices', (_, info) => {
    expect(slice(info)).toMatchObject({ name: 'why orders', slices: [], startUs: 100_000, endUs: 100_000 })
  })

  it('puts an account without slices at its stop if it has no start time, and otherwise at the beginning', () => {
    const report = explain(request, { version: 1, refused: 'busy' })
    const times = [{ finishedUs: 7 }, { finishedUs: undefined }, { finishedUs: -7 }]

    const sliced = times.map(time => {
      const accounts = report.accounts?.map(node => ({ ...node, startedUs: undefined, ...time }))
      return sliceAccounts({ ...report, accounts })[0]
    })

    expect(sliced.map(found => [found?.startUs, found?.endUs])).toEqual([
      [7, 7],
      [0, 0],
      [0, 0],
    ])
  })

  it('keeps the point of a second account of a request, without slices', () => {
    const records = account(request, why([TIMER], [[0, 50, 0]]))
    const second = records.map(record => ({ ...record, trace_id: 'second' }))
    const report = buildReport([...makeTrace(request), ...records, ...second])

    const sliced = sliceAccounts(report)

    expect(sliced.map(({ node, slices }) => [node.traceId, slices.length])).toEqual([
      ['why-of-request', 1],
      ['second', 0],
    ])
  })

  it('shortens the names of services and causes to 200 characters', () => {
    const by = { ...SUM_PRICES, function: 'f'.repeat(200) }

    const sliced = slice(why([by], [[0, 50, 0]]), { service: 'x'.repeat(201) })

    expect(sliced?.name).toBe(`why ${'x'.repeat(197)}...`)
    expect(sliced?.slices[0]?.name).toBe(`CPU in ${'f'.repeat(190)}...`)
  })

  it('has a name for an account without a service', () => {
    expect(slice(why([TIMER], [[0, 50, 0]]), { service: '' })?.name).toBe('why (no service)')
  })
})
