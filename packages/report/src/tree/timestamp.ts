const TIMESTAMP_PATTERN = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z?$/
const SECOND_PRECISION_CHARS = 'YYYY-MM-DDTHH:MM:SS'.length

/**
 * Creates a reader of record timestamps: `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC, with up to six digits of fraction. The
 * reader returns microseconds since 1970, or `undefined`. It caches the last second, because records come in bursts.
 */
export function createTimestampReader(): (timestamp: unknown) => number | undefined {
  let lastSecond = ''
  let lastMs = 0
  return timestamp => {
    if (typeof timestamp !== 'string') return undefined
    const match = TIMESTAMP_PATTERN.exec(timestamp)
    if (match === null) return undefined
    const second = timestamp.slice(0, SECOND_PRECISION_CHARS).replace(' ', 'T')
    if (second !== lastSecond) {
      const ms = Date.parse(`${second}Z`)
      // Date.parse reads February 30 as a day in March.
      if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, SECOND_PRECISION_CHARS) !== second) return undefined
      lastSecond = second
      lastMs = ms
    }
    return lastMs * 1000 + Number((match[1] ?? '').padEnd(6, '0'))
  }
}

/** Formats microseconds since 1970 as a record's timestamp. An invalid date becomes the start of 1970. */
export function formatTimestamp(us: number): string {
  const ms = Math.floor(us / 1000)
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return formatTimestamp(0)
  const fraction = String(us - Math.floor(us / 1_000_000) * 1_000_000)
  return `${date.toISOString().slice(0, SECOND_PRECISION_CHARS)}.${fraction.padStart(6, '0')}`
}
