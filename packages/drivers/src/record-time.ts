const SHAPE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z?$/

/** A record's timestamp (UTC, one to six digits of fraction or none) in microseconds since 1970; undefined for what is none. */
export function toMicroseconds(timestamp: string): number | undefined {
  const [, day, time, fraction = ''] = SHAPE.exec(timestamp) ?? []
  const milliseconds = Date.parse(`${day}T${time}Z`)
  return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000 + Number(fraction.padEnd(6, '0'))
}
