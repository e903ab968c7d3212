const SHAPE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z?$/
const SECOND = 'YYYY-MM-DDTHH:MM:SS'.length

/**
 * A reader of record timestamps (`YYYY-MM-DDTHH:MM:SS.ffffff`, UTC; one to six digits of fraction or none): microseconds
 * since 1970, or `undefined` for what is not one. It remembers the second that it read last, as records come in bursts.
 */
export function createTimestampReader(): (timestamp: unknown) => number | undefined {
  let lastSecond = ''
  let lastMs = 0
  return timestamp => {
    if (typeof timestamp !== 'string') return undefined
    const match = SHAPE.exec(timestamp)
    if (match === null) return undefined
    const second = timestamp.slice(0, SECOND).replace(' ', 'T')
    if (second !== lastSecond) {
      const ms = Date.parse(`${second}Z`)
      // Date.parse takes the 30th of February for a day in March.
      if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, SECOND) !== second) return undefined
      lastSecond = second
      lastMs = ms
    }
    return lastMs * 1000 + Number((match[1] ?? '').padEnd(6, '0'))
  }
}

/** The timestamp of a moment in microseconds since 1970, as records carry it; the first of 1970 for what is no date. */
export function formatTimestamp(us: number): string {
  const ms = Math.floor(us / 1000)
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return formatTimestamp(0)
  const fraction = String(us - Math.floor(us / 1_000_000) * 1_000_000)
  return `${date.toISOString().slice(0, SECOND)}.${fraction.padStart(6, '0')}`
}
