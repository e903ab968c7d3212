import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { makeTrace, type Point, query, served } from './make-trace.js'

describe('a finding in a trace that lacks points', () => {
  const steps = [
    { id: 'a', ...query('SELECT a'), from: 0, to: 5_000 },
    { id: 'b', ...query('UPDATE b'), from: 95_000, to: 100_000 },
  ]
  const lossy = (stopInfo: Record<string, unknown>, service = 'orders'): Point[] =>
    request(...steps, { id: 'lossy', service, ...query('SELECT c'), from: 1_000, to: 2_000, stopInfo })

  it.each([{ records_dropped: 3 }, { points_omitted: 3 }])(
    'says that points may be missing if the service itself lost records: %o',
    stopInfo => {
      expect(sentences('gap', ...lossy(stopInfo))).toEqual([
        '90 % of this request is "GET /orders" in orders between "SELECT a" and "UPDATE b", with nothing recorded, perhaps because points are missing (90.0 ms)',
      ])
    },
  )

  it('says that points may be missing if records of any service were lost', () => {
    const [found] = summarize(buildReport(makeTrace(...request(...steps))), { dropped: 1 })

    expect(found?.sentence).toContain('with nothing recorded, perhaps because points are missing')
  })

  it('does not say that points may be missing if only another service lost records', () => {
    expect(sentences('gap', ...lossy({ records_dropped: 3 }, 'items'))).toEqual([
      expect.stringContaining('with nothing recorded (90.0 ms)'),
    ])
  })

  it('also says that points may be missing if it is about self time', () => {
    const [found] = find('slow', { id: 'a', ...served('/'), from: 0, to: 100_000, stopInfo: { points_omitted: 9 } })

    expect(found?.sentence).toBe('100 % of this request is "GET /" in api, perhaps because points are missing (100 ms)')
  })
})
