import { describe, expect, it } from 'vitest'
import { createFinding } from '../src/findings/finding.js'
import { reportOf } from './find.js'

describe('createFinding', () => {
  it('lists the ids of the points in their order, and counts the points', () => {
    const { points } = reportOf({ id: 'b', from: 0, to: 1 }, { id: 'a', from: 2, to: 3 })

    expect(createFinding('failed', points, '2 points failed')).toEqual({
      kind: 'failed',
      sentence: '2 points failed',
      traceIds: ['b', 'a'],
      count: 2,
      totalUs: undefined,
      share: undefined,
    })
  })

  it('may be about no point', () => {
    expect(createFinding('dropped', [], '7 records were lost')).toMatchObject({ traceIds: [], count: 0 })
  })
})
