import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverRange } from '../pages/trace/waterfall/cover-range.js'

const whole = { fromUs: 0, toUs: 1000 }

describe('coverRange', () => {
  it('covers the intervals from the first start to the last end, except gaps', () => {
    const early = Array.from({ length: 500 }, (_, index) => ({ startUs: 100 + index / 10, endUs: 100.1 + index / 10 }))
    const late = Array.from({ length: 500 }, (_, index) => ({ startUs: 900 + index / 10, endUs: 900.1 + index / 10 }))

    expect(coverRange([...early, ...late], whole, 100)).toEqual([
      { fromUs: 100, toUs: 150, density: 1 },
      { fromUs: 900, toUs: 950, density: 1 },
    ])
  })

  it('returns densities in proportion to the time that intervals cover', () => {
    const halves = Array.from({ length: 1000 }, (_, index) => ({ startUs: index, endUs: index + 0.5 }))

    expect(coverRange(halves, whole, 100)).toEqual([{ fromUs: 0, toUs: 1000, density: 0.5 }])
  })

  it('includes even the shortest interval', () => {
    expect(coverRange([{ startUs: 500, endUs: 500 }], whole, 100)).toEqual([{ fromUs: 500, toUs: 510, density: 0.125 }])
  })

  it('cuts intervals at the ends of the range', () => {
    const intervals = [
      { startUs: -50, endUs: 100 },
      { startUs: 950, endUs: 2000 },
      { startUs: 3000, endUs: 4000 },
      { startUs: Number.NaN, endUs: 10 },
    ]

    expect(coverRange(intervals, whole, 10)).toEqual([
      { fromUs: 0, toUs: 100, density: 1 },
      { fromUs: 900, toUs: 1000, density: 0.5 },
    ])
  })

  it('covers every interval with at most one stretch per cell', () => {
    const interval = fc
      .tuple(fc.double({ min: -200, max: 1200, noNaN: true }), fc.double({ min: 0, max: 400, noNaN: true }))
      .map(([startUs, us]) => ({ startUs, endUs: startUs + us }))
    fc.assert(
      fc.property(fc.array(interval), fc.integer({ min: 1, max: 60 }), (intervals, cells) => {
        const covers = coverRange(intervals, whole, cells)

        expect(covers.length).toBeLessThanOrEqual(cells)
        for (const { startUs, endUs } of intervals) {
          if (startUs > whole.toUs || endUs < whole.fromUs) continue
          for (const us of [startUs, (startUs + endUs) / 2, endUs]) {
            const at = Math.min(whole.toUs, Math.max(whole.fromUs, us))
            const found = covers.some(({ fromUs, toUs }) => at >= fromUs - 1e-6 && at <= toUs + 1e-6)
            expect([at, found]).toEqual([at, true])
          }
        }
        for (const { density } of covers) expect(density).toSatisfy((value: number) => value > 0 && value <= 1)
      }),
    )
  })
})
