import { formatCount, formatDuration } from '@osprofiler/report'

/** Formats a difference in microseconds with its sign: `+45.0 ms`, `−12 µs`. */
export function formatDelta(us: number): string {
  return us > 0 ? `+${formatDuration(us)}` : formatDuration(us).replace('-', '−')
}

/**
 * Formats a share (0 to 1) as a signed percentage, or as an empty string if there is no share. A share that rounds to 0
 * has no sign.
 */
export function formatSignedShare(share: number | null): string {
  if (share === null || share === 0) return ''
  const percent = Math.abs(share * 100)
  if (percent < 0.05) return '< 0.1 %'
  const digits = percent < 10 ? percent.toFixed(1) : formatCount(Math.round(percent))
  return `${share > 0 ? '+' : '−'}${digits} %`
}
