import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request } from './find.js'
import { BASE_ID, makeTrace, query, recordsOf, served } from './make-trace.js'

describe('the findings about missing records', () => {
  it('report points that never finished', () => {
    const [found] = find('unfinished', ...request({ id: 'b', ...query('SELECT 1'), from: 5 }, { id: 'c', from: 6 }))

    expect(found).toMatchObject({ count: 2, traceIds: ['b', 'c'], share: undefined })
    expect(found?.sentence).toBe(
      '2 points never finished, so their durations are unknown; the first is "SELECT 1" in orders',
    )
  })

  it('report points that a service did not record', () => {
    const [found] = find('omitted', { id: 'a', ...served('/'), from: 0, to: 9, stopInfo: { points_omitted: 1204 } })

    expect(found).toMatchObject({ count: 1204, traceIds: ['a'] })
    expect(found?.sentence).toBe(
      'api did not record 1,204 points below "GET /", because the trace exceeded maxPointsPerTrace',
    )
  })

  it('report each service with unrecorded queries once, and say how to record the queries', () => {
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
      'Queries of orders are not recorded: set OSPROFILER_TRACE_SQL=statements',
      'Queries of web are not recorded: set OSPROFILER_TRACE_SQL=statements',
    ])
    expect(found[0]?.traceIds).toEqual(['a', 'b'])
  })

  it('report dropped records, and name the service that dropped them', () => {
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

  it('report broken records, with one sentence for each mark', () => {
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
      '"point" in api has a parent that is not in this trace; the same holds for 1 more point',
    ])
  })

  it('report the number of lost records that the caller passes', () => {
    const report = buildReport(makeTrace({ id: 'a', from: 0, to: 1 }))
    const lost = (dropped: number) => summarize(report, { dropped }).filter(({ kind }) => kind === 'dropped')

    expect(lost(0)).toEqual([])
    expect(lost(1204)).toMatchObject([{ count: 1204, traceIds: [] }])
    expect(lost(1204)[0]?.sentence).toBe(
      '1,204 records of this trace were lost on the way to the store: points are missing or look unfinished',
    )
  })
})
