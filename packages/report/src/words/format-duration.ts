/**
 * Formats microseconds for people: `750 µs`, `41.2 ms`, `1.23 s`, `2 m 05 s`, `1 h 02 m`. Values with a fraction have
 * three digits. `micro` is the unit for microseconds: `us` if only ASCII is possible.
 */
export function formatDuration(us: number, micro = 'µs'): string {
  if (us < 0) return `-${formatDuration(-us, micro)}`
  // A value that rounds to 1000 is shown in the next unit. A value that rounds to 60 s is shown as a minute.
  if (us < 999.5) return `${Math.round(us)} ${micro}`
  if (us < 999_500) return `${toThreeDigits(us / 1000)} ms`
  if (us < 59_950_000) return `${toThreeDigits(us / 1_000_000)} s`
  const seconds = Math.round(us / 1_000_000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${padTwoDigits(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${formatCount(Math.floor(minutes / 60))} h ${padTwoDigits(minutes % 60)} m`
}

/** Formats a count with a thousands separator: `1,204`. */
export function formatCount(count: number): string {
  // The first call to toLocaleString would take 7 ms, because it loads language data.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** Formats a count with its noun: `1 point`, `1,204 points`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** Formats a share (0 to 1) as a percentage: `62 %`, `< 1 %`. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100)
  return percent === 0 && share > 0 ? '< 1 %' : `${percent} %`
}

function toThreeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}

function padTwoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
