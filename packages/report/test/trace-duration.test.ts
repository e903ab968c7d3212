import { correctSkew } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { computeTraceDuration } from '../src/clocks/trace-duration.js'
import { reportOf } from './find.js'
import { call, request } from './make-clocks.js'

describe('computeTraceDuration', () => {
  it('returns the time from the first record to the last if the clocks agree', () => {
    const report = correctSkew(reportOf({ id: 'a', from: 0, to: 9_000 }, { id: 'b', parent: 'a', from: 1, to: 12_000 }))

    expect(computeTraceDuration(report)).toBe(12_000)
  })

  it("uses the first service's clock if the clocks differ", () => {
    const report = correctSkew(reportOf(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db']))))

    expect(computeTraceDuration(report)).toBe(200_000)
  })

  it('returns undefined for an empty report', () => {
    expect(computeTraceDuration(correctSkew(reportOf()))).toBeUndefined()
  })
})
