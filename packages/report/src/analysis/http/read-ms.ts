import { readNumber } from '../../tree/read-field.js'

/**
 * Reads a time in milliseconds from a record, and returns microseconds. Returns `undefined` for a value that is not a
 * time, or that is longer than the point's duration.
 */
export function readMs(durationUs: number | undefined, value: unknown, ...path: readonly string[]): number | undefined {
  const ms = readNumber(value, ...path)
  // The times of a record are measured a little earlier or later than its timestamp.
  const isTime = ms !== undefined && ms >= 0 && ms * 1000 <= (durationUs ?? 0) + TOLERANCE_US
  return isTime ? Math.min(Math.round(ms * 1000), durationUs ?? 0) : undefined
}

const TOLERANCE_US = 2_000
