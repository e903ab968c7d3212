import { InvalidArgumentError } from 'commander'

const AGO_PATTERN = /^(\d+)\s*([smhdw])$/
const SECONDS_BY_UNIT = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
  ['w', 604_800],
])
const TIME_PATTERN = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/

/**
 * Parses a date and time, given as an age (`90s`, `30m`, `1h`, `2d`, `1w`) or as an ISO date with or without a time.
 */
export function parseSince(text: string): Date {
  const [, amount, unit] = AGO_PATTERN.exec(text) ?? []
  const date =
    amount === undefined || unit === undefined
      ? parseTime(text)
      : new Date(Date.now() - Number(amount) * (SECONDS_BY_UNIT.get(unit) ?? Number.NaN) * 1_000)
  if (date !== undefined && !Number.isNaN(date.getTime()) && date.getTime() >= 0) return date
  throw new InvalidArgumentError('Give 90s, 30m, 1h, 2d, 1w, or a time such as 2026-03-01T12:00 (UTC).')
}

/**
 * Parses an ISO date with or without a time. A time without a time zone is in UTC, like the timestamps of `trace list`,
 * which people copy.
 */
function parseTime(text: string): Date | undefined {
  const match = TIME_PATTERN.exec(text)
  if (match === null) return undefined
  const isDateOnly = text.length === 'YYYY-MM-DD'.length
  return new Date(text.replace(' ', 'T') + (isDateOnly || match[1] !== undefined ? '' : 'Z'))
}
