/** The message for invalid input. */
export const DURATION_ADVICE = 'This is not a duration. Type milliseconds, such as 5 or 0.5, or add a unit: 1.5 s.'

/** Returns whether the input is not empty and not a duration. The filter is off for such input. */
export function isInvalidDuration(text: string): boolean {
  return text.trim() !== '' && Number.isNaN(readDuration(text))
}

/** Parses `250`, `250ms`, `1.5 s` or `80 us` as microseconds. The default unit is ms. Returns 0 for any other text. */
export function parseDuration(text: string): number {
  return readDuration(text) || 0
}

function readDuration(text: string): number {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:[.,]\d+)?)\s*(us|µs|ms|s|m)?\s*$/i.exec(text) ?? []
  const factor = { us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }[unit.toLowerCase()] ?? Number.NaN
  return number === undefined ? Number.NaN : Number(number.replace(',', '.')) * factor
}
