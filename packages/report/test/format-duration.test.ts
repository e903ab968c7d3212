import { describe, expect, it } from 'vitest'
import { formatDuration, formatShare } from '../src/words/format-duration.js'

describe('formatDuration', () => {
  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [999.4, '999 µs'],
    [999.5, '1.00 ms'],
    [-999.5, '-1.00 ms'],
    [1000, '1.00 ms'],
    [9994, '9.99 ms'],
    [9996, '10.0 ms'],
    [41_200, '41.2 ms'],
    [99_960, '100 ms'],
    [999_499, '999 ms'],
    [999_500, '1.00 s'],
    [59_949_999, '59.9 s'],
    [59_950_000, '1 m 00 s'],
    [125_000_000, '2 m 05 s'],
    [3_720_000_000, '1 h 02 m'],
    [-1500, '-1.50 ms'],
  ])('formats %d microseconds as %s', (us, text) => {
    expect(formatDuration(us)).toBe(text)
  })

  it('does not round a small share to 0 %', () => {
    expect([0, 0.001, 0.006, 0.615, 1].map(formatShare)).toEqual(['0 %', '< 1 %', '1 %', '62 %', '100 %'])
  })
})
