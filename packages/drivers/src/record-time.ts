const SHAPE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z?$/
const SECOND = 'YYYY-MM-DDTHH:MM:SS'.length

/** Records come in bursts: the second that was read last is mostly that of the next one. */
let lastSecond = ''
let lastMs = Number.NaN

/** A record's timestamp (UTC, one to six digits of fraction or none) in microseconds since 1970; undefined for what is none. */
export function toMicroseconds(timestamp: string): number | undefined {
  const match = SHAPE.exec(timestamp)
  if (match === null) return undefined
  const second = timestamp.slice(0, SECOND)
  if (second !== lastSecond) {
    lastMs = Date.parse(`${second.replace(' ', 'T')}Z`)
    lastSecond = second
  }
  return Number.isNaN(lastMs) ? undefined : lastMs * 1000 + Number((match[1] ?? '').padEnd(6, '0'))
}
