import { correctSkew } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { traceDuration } from '../src/clocks/trace-duration.js'
import { reportOf } from './find.js'
import { call, request } from './make-clocks.js'

describe('how long a trace took', () => {
  it('is from its first record to its last where clocks agree', () => {
    const report = correctSkew(reportOf({ id: 'a', from: 0, to: 9_000 }, { id: 'b', parent: 'a', from: 1, to: 12_000 }))

    expect(traceDuration(report)).toBe(12_000)
  })

  it('is what the clock of its first service says where clocks differ', () => {
    const report = correctSkew(reportOf(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db']))))

    expect(traceDuration(report)).toBe(200_000)
  })

  it('is not known of nothing', () => {
    expect(traceDuration(correctSkew(reportOf()))).toBeUndefined()
  })
})
