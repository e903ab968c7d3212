/** Microseconds as people say them: `812 µs`, `4.31 ms`, `1.20 s`. */
export function formatDuration(us: number): string {
  const size = Math.abs(us)
  if (size < 1_000) return `${Math.round(us)} µs`
  if (size < 999_500) return `${(us / 1_000).toPrecision(3)} ms`
  return `${(us / 1_000_000).toFixed(2)} s`
}

/** The same with its sign. */
export function formatDelta(us: number): string {
  return us > 0 ? `+${formatDuration(us)}` : formatDuration(us).replace('-', '−')
}

/** A share of 1 as a signed percentage; empty where there is none. */
export function formatShare(share: number | null): string {
  if (share === null || share === 0) return ''
  const percent = Math.abs(share * 100)
  const digits = percent < 10 ? percent.toFixed(1) : Math.round(percent).toLocaleString('en')
  return `${share > 0 ? '+' : '−'}${digits} %`
}
