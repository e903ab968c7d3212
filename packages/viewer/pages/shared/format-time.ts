const TIME_FORMAT = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY_FORMAT = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })
const DAY_AND_YEAR_FORMAT = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' })

/**
 * Formats a record's timestamp in the reader's time zone: `14:03:22.118` if it is from today. Otherwise the day is
 * added, and the year if it is not the current year. A string that is not a timestamp is returned unchanged.
 */
export function formatTime(timestamp: string, now: Date): string {
  const at = readTime(timestamp)
  if (at === undefined) return timestamp
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0')
  const time = `${TIME_FORMAT.format(at)}.${milliseconds}`
  if (at.toDateString() === now.toDateString()) return time
  const day = at.getFullYear() === now.getFullYear() ? DAY_FORMAT : DAY_AND_YEAR_FORMAT
  return `${day.format(at)}, ${time}`
}

/**
 * Returns a value for the `datetime` attribute of a `time` element, or `undefined` if the string is not a timestamp.
 */
export function toMachineTime(timestamp: string): string | undefined {
  return readTime(timestamp)?.toISOString()
}

function readTime(timestamp: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(timestamp)) return undefined
  const at = new Date(`${timestamp}Z`)
  return Number.isNaN(at.getTime()) ? undefined : at
}
