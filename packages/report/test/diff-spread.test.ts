import { describe, expect, it } from 'vitest'
import { compareTimes } from '../src/compare/diff-spread.js'

describe('compareTimes', () => {
  /**
   * Returns a linear congruential generator of numbers between 0 and 1, which are the same in every run of the test.
   */
  function createRandom(seed: number): () => number {
    let state = seed
    return () => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
      return (state + 0.5) / 2 ** 32
    }
  }

  it.each([3, 5, 10, 20])('reports a change in fewer than 2 % of comparisons if nothing changed (%i runs)', count => {
    const random = createRandom(count)
    const time = (): number =>
      20_000 * Math.exp(0.2 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()))
    const times = (): number[] => Array.from({ length: count }, time)

    const found = Array.from({ length: 2000 }, () => compareTimes(times(), times())).filter(
      ({ change }) => change !== 'same',
    )

    expect(found.length / 2000).toBeLessThan(0.02)
  })

  it('finds a change of 50 % between sets of twenty runs that vary by 20 %', () => {
    const random = createRandom(7)
    const time = (us: number): number =>
      us * Math.exp(0.2 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()))
    const times = (us: number): number[] => Array.from({ length: 20 }, () => time(us))

    const found = Array.from({ length: 500 }, () => compareTimes(times(20_000), times(30_000))).filter(
      ({ change }) => change === 'slower',
    )

    expect(found.length / 500).toBeGreaterThan(0.95)
  })
})
