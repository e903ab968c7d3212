import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { makeTrace, type Point, query, served } from './make-trace.js'

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
