import type { TraceRecord } from '@osprofiler/core'
import { Date, Number } from '@osprofiler/core/platform'

const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.(\d{1,6}))?Z?$/
const SECOND_CHARACTERS = 'YYYY-MM-DDTHH:MM:SS'.length
const MICROSECOND_CHARACTERS = 'YYYY-MM-DDTHH:MM:SS.ffffff'.length
const [POINT_CODE, ZERO_CODE, NINE_CODE] = [0x2e, 0x30, 0x39]

/**
 * The second of the last timestamp, as a cache. Records arrive in bursts, so the next timestamp is usually in the same
 * second.
 */
let lastSecond = ''
let lastMs = Number.NaN

/**
 * Converts a timestamp (UTC, up to six fractional digits) to microseconds since 1970. Returns undefined if the
 * timestamp is invalid.
 */
export function toMicroseconds(timestamp: string): number | undefined {
  const fraction = readInLastSecond(timestamp)
  if (fraction !== undefined) return lastMs * 1000 + fraction
  const match = TIMESTAMP.exec(timestamp)
  if (match === null) return undefined
  const second = timestamp.slice(0, SECOND_CHARACTERS)
  if (second !== lastSecond) {
    lastMs = Date.parse(`${second.replace(' ', 'T')}Z`)
    lastSecond = second
  }
  return Number.isNaN(lastMs) ? undefined : lastMs * 1000 + Number((match[1] ?? '').padEnd(6, '0'))
}

/**
 * Returns whether a timestamp is valid. A record with an invalid timestamp could not be listed or pruned, so no store
 * accepts such a record.
 */
export function isTimestamp(timestamp: string): boolean {
  return toMicroseconds(timestamp) !== undefined
}

/**
 * Returns the microseconds of a timestamp if it has six fractional digits and is in the same second as the last
 * timestamp. This common case takes half the time of the general case.
 */
function readInLastSecond(timestamp: string): number | undefined {
  if (timestamp.length !== MICROSECOND_CHARACTERS || Number.isNaN(lastMs) || !timestamp.startsWith(lastSecond))
    return undefined
  if (timestamp.charCodeAt(SECOND_CHARACTERS) !== POINT_CODE) return undefined
  let microseconds = 0
  for (let at = SECOND_CHARACTERS + 1; at < MICROSECOND_CHARACTERS; at++) {
    const code = timestamp.charCodeAt(at)
    if (code < ZERO_CODE || code > NINE_CODE) return undefined
    microseconds = microseconds * 10 + code - ZERO_CODE
  }
  return microseconds
}

/** Compares records by time, for `sort`. The oldest record comes first. */
export function compareByTime(one: Pick<TraceRecord, 'timestamp'>, other: Pick<TraceRecord, 'timestamp'>): number {
  if (one.timestamp === other.timestamp) return 0
  return one.timestamp < other.timestamp ? -1 : 1
}
