import { createTimeRank, hasStatus } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

describe('createTimeRank', () => {
  it('ranks timestamps more than a day in the future below all others', () => {
    const rank = createTimeRank(Date.UTC(2026, 10, 22))
    const times = ['2026-11-22T11:00:00.000000', '2999-01-01T00:00:00.000000', '2026-11-20T11:00:00.000000', 'never']

    const sorted = times.toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))

    expect(sorted).toEqual([times[0], times[2], 'never', times[1]])
  })
})

describe('hasStatus', () => {
  it.each([
    ['404', { status: 404, failed: false }, true],
    ['404', { status: 200, failed: false }, false],
    ['5xx', { status: 503, failed: true }, true],
    ['5xx', { status: '503', failed: true }, true],
    ['5xx', { status: 404, failed: false }, false],
    ['error', { status: null, failed: true }, true],
    ['error', { status: 404, failed: false }, false],
    ['2xx', { status: undefined, failed: false }, false],
  ])('checks for the status %s in %j: %s', (wanted, description, expected) => {
    expect(hasStatus(description, wanted)).toBe(expected)
  })
})
