/** Reads `250`, `250ms`, `1.5 s`, `80 us`; without a unit, milliseconds. 0 for what it cannot read. */
export function parseDuration(text: string): number {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:[.,]\d+)?)\s*(us|µs|ms|s|m)?\s*$/i.exec(text) ?? []
  const factor = { us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }[unit.toLowerCase()] ?? 0
  return number === undefined ? 0 : Number(number.replace(',', '.')) * factor
}
