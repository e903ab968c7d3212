import { buildReport, correctSkew, type ReportNode } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { call, request } from './make-clocks.js'
import { makeTrace, sent, served } from './make-trace.js'

function timesOf({ points }: { readonly points: readonly ReportNode[] }, id: string): (number | undefined)[] {
  const node = points.find(({ traceId }) => traceId === id)
  return [node?.startedUs, node?.finishedUs]
}

describe('correctSkew', () => {
  it('keeps the recorded times in addition to the corrected times', () => {
    const raw = buildReport(makeTrace(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db']))))

    const report = correctSkew(raw)

    expect(report.raw).toBe(raw)
    expect(timesOf(report.raw, 'a-callee')).toEqual([512_000, 548_000])
    expect(report.points.map(({ start }) => start)).toEqual(raw.points.map(({ start }) => start))
  })

  it('returns a corrected report unchanged', () => {
    const report = correctSkew(buildReport(makeTrace(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db'])))))

    expect(correctSkew(report)).toBe(report)
  })

  it('corrects each service separately if services of one host have different clocks', () => {
    const skewUs = 5_000_000
    const raw = buildReport(
      makeTrace(
        { id: 'call', service: '', ...sent('db', 80, '/'), from: 0, to: 100_000 },
        { id: 'callee', parent: 'call', service: 'db', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
      ),
    )

    const report = correctSkew(raw)

    expect(timesOf(report, 'call')).toEqual([0, 100_000])
    expect(timesOf(report, 'callee')).toEqual([25_000, 75_000])
  })
})
