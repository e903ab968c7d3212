import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { buildReport, describeReport, describeTrace, pointDetail, type ReportNode } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileRecords } from './hostile-records.js'
import { makeTrace, query, routed, served } from './make-trace.js'

async function* inBatches(records: readonly TraceRecord[], size = 100): AsyncGenerator<readonly TraceRecord[]> {
  for (let from = 0; from < records.length; from += size) yield records.slice(from, from + size)
}

const REQUEST = makeTrace(
  { id: 'a', from: 0, to: 60_000, ...routed('/orders/7', '/orders/:id') },
  { id: 'b', parent: 'a', from: 1_000, to: 41_000, ...query('SELECT 1') },
)

describe('the description of a trace', () => {
  it('contains the method, path, route, status, duration and number of points', async () => {
    const description = await describeTrace(inBatches(REQUEST))

    expect(description).toMatchObject({
      name: 'wsgi',
      request: 'GET /orders/7',
      method: 'GET',
      path: '/orders/7',
      route: '/orders/:id',
      pattern: 'GET /orders/:id',
      service: 'api',
      status: 200,
      durationUs: 60_000,
      points: 2,
      failed: false,
      error: undefined,
      isWhole: true,
    })
  })

  it.each([
    ['a path with an id if the route is unknown', served('/orders/7'), 'GET /orders/*'],
    ['a path without an id', served('/health'), 'GET /health'],
    ['a function', { name: 'rpc', info: { function: { name: 'app.jobs.Mailer.send' } } }, 'Mailer.send'],
    ['a point without an action', { name: 'job' }, ''],
  ])('contains the pattern for %s', (_, point, pattern) => {
    const description = describeReport(buildReport(makeTrace({ id: 'a', from: 0, to: 9, ...point })))

    expect(description.pattern).toBe(pattern)
  })

  it.each([
    ['18446744073709551616', '18446744073709551616'],
    [`1${'0'.repeat(4_000)}`, `1${'0'.repeat(39)}...`],
  ])('shows the recorded digits of the status %.20s', (digits, shown) => {
    const [start, stop] = makeTrace({ id: 'a', from: 0, to: 9, ...served('/x') })
    const info = parseJson(`{"response":{"status_code":${digits}}}`)
    const report = buildReport([start, { ...stop, info }] as TraceRecord[])

    const description = describeReport(report)

    expect(description).toMatchObject({ status: shown, error: `status ${shown}`, failed: true })
    expect(pointDetail(report.points[0] as ReportNode)).toBe(`GET /x ${shown}`)
  })

  it('shows the digits if an exception or a message is a number', () => {
    const [start, stop] = makeTrace({ id: 'a', from: 0, to: 9, ...served('/x') })
    const info = parseJson('{"etype":NaN,"message":18446744073709551616}')

    const description = describeReport(buildReport([start, { ...stop, info }] as TraceRecord[]))

    expect(description.error).toBe('NaN: 18446744073709551616')
  })

  it.each([
    ['a status of 500', [{ id: 'a', from: 0, to: 9, ...served('/x', 503) }], 'status 503'],
    [
      'an exception',
      [{ id: 'a', from: 0, to: 9, ...served('/x'), stopInfo: { etype: 'TypeError', message: 'no x' } }],
      'TypeError: no x',
    ],
    [
      'an exception of the lowest point, which the points above pass on',
      [
        { id: 'a', from: 0, to: 9, ...served('/x', 500) },
        { id: 'b', parent: 'a', service: 'stock', from: 1, to: 8, stopInfo: { etype: 'Timeout', message: 'late' } },
      ],
      'Timeout: late in stock',
    ],
  ])('names the failure of the point in which the failure began: %s', (_, points, error) => {
    const description = describeReport(buildReport(makeTrace(...points)))

    expect(description).toMatchObject({ failed: true, error })
  })

  it.each([404, 302, 200])('does not count a status of %i as a failure', status => {
    const description = describeReport(buildReport(makeTrace({ id: 'a', from: 0, to: 9, ...served('/x', status) })))

    expect(description).toMatchObject({ failed: false, error: undefined, status })
  })

  it('contains no status and no duration if the trace has not ended', () => {
    const description = describeReport(buildReport(makeTrace({ id: 'a', from: 0, ...served('/x') })))

    expect(description).toMatchObject({ request: 'GET /x', status: undefined, durationUs: undefined, points: 1 })
  })

  it('is undefined if there are no records', async () => {
    expect(await describeTrace(inBatches([]))).toBeUndefined()
  })

  it('covers only the beginning of a trace with too many records, and stops reading', async () => {
    let batches = 0
    async function* endless(): AsyncGenerator<readonly TraceRecord[]> {
      for (yield REQUEST.slice(0, 1); ; batches++) {
        yield makeTrace({ id: `b-${batches}`, parent: 'a', from: 1, to: 2, ...query('SELECT 1') })
      }
    }

    const description = await describeTrace(endless(), { maxRecords: 10 })

    expect(description).toMatchObject({ request: 'GET /orders/7', isWhole: false })
    expect(description).toMatchObject({ status: undefined, durationUs: undefined, failed: false })
    expect(batches).toBeLessThan(10)
  })

  it('covers only the beginning of a trace if the store is slow', async () => {
    async function* slow(): AsyncGenerator<readonly TraceRecord[]> {
      for (;;) {
        yield REQUEST
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }

    expect(await describeTrace(slow(), { maxMs: 50 })).toMatchObject({ isWhole: false })
  })

  it('never throws for any record', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRecords, async records => {
        await describeTrace(inBatches(records, 2))
      }),
      { numRuns: 200 },
    )
  })

  it('cuts long strings', async () => {
    const long = 'x'.repeat(100_000)
    const records = makeTrace({ id: 'a', service: long, from: 0, to: 9, ...routed(`/${long}`, `/${long}`) })

    const description = await describeTrace(inBatches(records))

    for (const value of Object.values(description ?? {})) expect(String(value).length).toBeLessThan(5_000)
  })
})
