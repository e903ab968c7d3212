import { describe, expect, it } from 'vitest'
import { createTimestampReader, formatTimestamp } from '../src/tree/timestamp.js'

const MOMENT = Date.UTC(2026, 10, 22, 11) * 1_000

describe("a record's timestamp", () => {
  it.each([
    ['2026-11-22T11:00:00.000001', MOMENT + 1],
    ['2026-11-22 11:00:00.5', MOMENT + 500_000],
    ['2026-11-22T11:00:00', MOMENT],
    ['2026-11-22T11:00:00Z', MOMENT],
    ['1969-12-31T23:59:59.999999', -1],
  ])('%s is read with microsecond precision', (text, us) => {
    expect(createTimestampReader()(text)).toBe(us)
  })

  it.each(['', 'never', '2026-02-30T00:00:00', '2026-11-22', '2026-11-22T25:00:00', 7, null, undefined])(
    'cannot be %o',
    value => {
      expect(createTimestampReader()(value)).toBeUndefined()
    },
  )

  it('is formatted as it was read', () => {
    const times = [MOMENT, MOMENT + 1, MOMENT + 999_999, -1]

    expect(times.map(formatTimestamp).map(createTimestampReader())).toEqual(times)
    expect(formatTimestamp(Number.POSITIVE_INFINITY)).toBe('1970-01-01T00:00:00.000000')
  })
})
