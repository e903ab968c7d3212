/** What a field of a duration wants, for a text that is none. */
export const WANTED_DURATION = 'Give milliseconds, such as 5 or 0.5, or a unit: 1.5 s.'

/** Whether a field holds a text that is no duration, and so filters nothing. */
export function isWrongDuration(text: string): boolean {
  return text.trim() !== '' && Number.isNaN(readDuration(text))
}

/** Reads `250`, `250ms`, `1.5 s`, `80 us`; without a unit, milliseconds. 0 for what it cannot read. */
export function parseDuration(text: string): number {
  return readDuration(text) || 0
}

function readDuration(text: string): number {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:[.,]\d+)?)\s*(us|µs|ms|s|m)?\s*$/i.exec(text) ?? []
  const factor = { us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }[unit.toLowerCase()] ?? Number.NaN
  return number === undefined ? Number.NaN : Number(number.replace(',', '.')) * factor
}
