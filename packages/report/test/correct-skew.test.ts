import { buildReport, correctSkew, type ReportNode } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { call, request } from './make-clocks.js'
import { makeTrace } from './make-trace.js'

function timesOf({ points }: { readonly points: readonly ReportNode[] }, id: string): (number | undefined)[] {
  const node = points.find(({ traceId }) => traceId === id)
  return [node?.startedUs, node?.finishedUs]
}

describe('times on one clock', () => {
  it('keep the times that were recorded beside the corrected ones', () => {
    const raw = buildReport(makeTrace(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db']))))

    const report = correctSkew(raw)

    expect(report.raw).toBe(raw)
    expect(timesOf(report.raw, 'a-callee')).toEqual([512_000, 548_000])
    expect(report.points.map(({ start }) => start)).toEqual(raw.points.map(({ start }) => start))
  })

  it('are corrected once', () => {
    const report = correctSkew(buildReport(makeTrace(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db'])))))

    expect(correctSkew(report)).toBe(report)
  })
})
