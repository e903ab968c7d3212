import { describe, expect, it } from 'vitest'
import { findFirstIndex } from '../src/tree/find-first-index.js'

describe('findFirstIndex()', () => {
  it.each([
    [[], 0],
    [[5], 0],
    [[4], 1],
    [[1, 2, 5, 5, 9], 2],
    [[1, 2, 3, 4], 4],
    [[6, 7, 8], 0],
  ])('finds the first number in %j that is at least 5: %j', (numbers, index) => {
    expect(findFirstIndex(numbers, number => number >= 5)).toBe(index)
  })

  it('looks at few items of a long list', () => {
    const numbers = Array.from({ length: 1_000_000 }, (_, index) => index)
    let looks = 0

    const index = findFirstIndex(numbers, number => {
      looks++
      return number >= 765_432
    })

    expect(index).toBe(765_432)
    expect(looks).toBeLessThanOrEqual(20)
  })
})
