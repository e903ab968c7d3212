import { describe, expect, it } from 'vitest'
import { nearestRank } from '../src/analysis/nearest-rank.js'

describe('nearestRank', () => {
  it.each([
    [0.5, 5],
    [0.95, 10],
    [0.9, 9],
    [1, 10],
    [0, 1],
  ])('returns the value at the nearest rank for the share %d', (share, expected) => {
    expect(nearestRank([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share)).toBe(expected)
  })

  it('returns undefined for an empty list', () => {
    expect(nearestRank([], 0.5)).toBeUndefined()
  })
})
