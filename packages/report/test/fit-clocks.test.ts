import { describe, expect, it } from 'vitest'
import type { ClockBounds } from '../src/clocks/clock-bounds.js'
import { allowsOffset, fitClocks } from '../src/clocks/fit-clocks.js'

function bounds(min: number, max: number): ClockBounds {
  return { min, max, slack: { min: 0, max: 0 }, isLoose: { min: false, max: false } }
}

describe('fitClocks', () => {
  it('returns 0 if the clocks may agree', () => {
    expect(fitClocks([bounds(-5, 10), bounds(-2, 8)], 0)).toEqual({ us: 0, boundUs: 8 })
  })

  it('returns the middle of the range that all limits allow', () => {
    expect(fitClocks([bounds(100, 300), bounds(200, 400)], 0)).toEqual({ us: 250, boundUs: 50 })
  })

  it('returns the middle between limits that contradict one another slightly', () => {
    expect(fitClocks([bounds(100, 200), bounds(210, 300)], 20)).toEqual({ us: 205, boundUs: 5 })
  })

  it('returns the offset that most limits allow', () => {
    expect(fitClocks([bounds(100, 200), bounds(110, 210), bounds(9_000, 9_100)], 20)).toMatchObject({ us: 155 })
  })

  it('returns undefined if no majority agrees', () => {
    expect(fitClocks([bounds(100, 200), bounds(9_000, 9_100)], 20)).toBeUndefined()
  })

  it('accepts an offset that is beyond the limits by at most the tolerance', () => {
    expect([205, 211].map(us => allowsOffset(bounds(100, 200), us, 10))).toEqual([true, false])
  })
})
