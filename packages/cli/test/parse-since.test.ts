import { describe, expect, it } from 'vitest'
import { parseSince } from '../src/commands/parse-since.js'

describe('parseSince', () => {
  it.each([
    ['90s', 90],
    ['30m', 1_800],
    ['1h', 3_600],
    ['2d', 172_800],
    ['1w', 604_800],
  ])('turns the age %s into a point in time', (text, seconds) => {
    const moment = parseSince(text).getTime()

    const ago = (Date.now() - moment) / 1_000
    expect(ago).toBeGreaterThanOrEqual(seconds)
    expect(ago).toBeLessThan(seconds + 5)
  })

  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01 12:30:15', '2026-03-01T12:30:15.000Z'],
    ['2026-03-01T12:30:15.123456', '2026-03-01T12:30:15.123Z'],
    ['2026-03-01T12:30:15Z', '2026-03-01T12:30:15.000Z'],
    ['2026-03-01T12:30+02:00', '2026-03-01T10:30:00.000Z'],
  ])('parses the date %s, in UTC if it contains no time zone', (text, iso) => {
    expect(parseSince(text).toISOString()).toBe(iso)
  })

  it.each(['', '1', 'h', '1y', '-1h', '1.5h', 'yesterday', '2026-13-01', '2026-03-01T25:00', '99999999999d'])(
    'rejects %j',
    text => {
      expect(() => parseSince(text)).toThrow('Give 90s, 30m')
    },
  )
})
