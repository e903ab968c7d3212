import { describe, expect, it } from 'vitest'
import type { ClockBounds } from '../src/clocks/clock-bounds.js'
import { fitClocks, mayBe } from '../src/clocks/fit-clocks.js'

function bounds(min: number, max: number): ClockBounds {
  return { min, max, slack: { min: 0, max: 0 }, isLoose: { min: false, max: false } }
}

describe('the difference of two clocks', () => {
  it('is none where they may agree', () => {
    expect(fitClocks([bounds(-5, 10), bounds(-2, 8)], 0)).toEqual({ us: 0, boundUs: 8 })
  })

  it('is the middle of what all bounds leave', () => {
    expect(fitClocks([bounds(100, 300), bounds(200, 400)], 0)).toEqual({ us: 250, boundUs: 50 })
  })

  it('is met in the middle where bounds contradict one another by little', () => {
    expect(fitClocks([bounds(100, 200), bounds(210, 300)], 20)).toEqual({ us: 205, boundUs: 5 })
  })

  it('is what most bounds agree on', () => {
    expect(fitClocks([bounds(100, 200), bounds(110, 210), bounds(9_000, 9_100)], 20)).toMatchObject({ us: 155 })
  })

  it('is not known where no majority agrees', () => {
    expect(fitClocks([bounds(100, 200), bounds(9_000, 9_100)], 20)).toBeUndefined()
  })

  it('may lie beyond its bounds by no more than the tolerance', () => {
    expect([205, 211].map(us => mayBe(bounds(100, 200), us, 10))).toEqual([true, false])
  })
})
