import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request } from './find.js'
import { BASE_ID, makeTrace, query, recordsOf, served } from './make-trace.js'

describe('what a trace lacks', () => {
  it('tells of points that never finished', () => {
    const [found] = find('unfinished', ...request({ id: 'b', ...query('SELECT 1'), from: 5 }, { id: 'c', from: 6 }))

    expect(found).toMatchObject({ count: 2, traceIds: ['b', 'c'], share: undefined })
    expect(found?.sentence).toBe('2 points, the first "SELECT 1" in orders, never finished: how long is unknown')
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

  it('tells of records that were lost, if whoever asks knows of some', () => {
    const report = buildReport(makeTrace({ id: 'a', from: 0, to: 1 }))
    const lost = (dropped: number) => summarize(report, { dropped }).filter(({ kind }) => kind === 'dropped')

    expect(lost(0)).toEqual([])
    expect(lost(1204)).toMatchObject([{ count: 1204, traceIds: [] }])
    expect(lost(1204)[0]?.sentence).toBe(
      '1,204 records of this trace were lost on the way to the store: points are missing or look unfinished',
    )
  })
})
