const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB']

/** Formats a number of bytes for people: `1 byte`, `750 bytes`, `12.3 kB`, `48.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  let [value, unit] = [bytes / 1000, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit]}`
}
