import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { readMs } from '../src/analysis/http/read-ms.js'

describe('readMs', () => {
  it('follows a path, and returns whole microseconds', () => {
    const stop = { info: { response: { first_byte_ms: 1.2346 } } }

    expect(readMs(5_000, stop, 'info', 'response', 'first_byte_ms')).toBe(1_235)
    expect(readMs(5_000, stop, 'info', 'response', 'ended_ms')).toBeUndefined()
  })

  it("returns the point's duration for a time that is up to 2 ms longer", () => {
    expect([5, 5.001, 7].map(ms => readMs(5_000, ms))).toEqual([5_000, 5_000, 5_000])
    expect(readMs(5_000, 7.001)).toBeUndefined()
  })

  it('counts the duration of a point without a start or a stop as 0', () => {
    expect([0, 1, 2, 3].map(ms => readMs(undefined, ms))).toEqual([0, 0, 0, undefined])
  })

  it('reads a number that is written with unusual digits', () => {
    expect(readMs(5_000, parseJson('1.50000000000000000000001'))).toBe(1_500)
  })

  it.each([-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY, 1e300, '1', null, undefined, true, [1], {}])(
    'returns undefined for %o',
    value => {
      expect(readMs(5_000, value)).toBeUndefined()
    },
  )
})
