import { describe, expect, it } from 'vitest'
import { nearestRank } from '../src/analysis/nearest-rank.js'

describe('the nearest rank', () => {
  it.each([
    [0.5, 5],
    [0.95, 10],
    [0.9, 9],
    [1, 10],
    [0, 1],
  ])('of a share of %d is a value that so many do not exceed', (share, expected) => {
    expect(nearestRank([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share)).toBe(expected)
  })

  it('of nothing is not known', () => {
    expect(nearestRank([], 0.5)).toBeUndefined()
  })
})
