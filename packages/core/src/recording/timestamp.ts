import { Array, Date, dateNow, Math, performance, String } from '../platform/platform.js'

// If the wall clock was adjusted by more than this, the next trace follows it.
const MAX_DRIFT_US = 5_000
const MAX_READING_US = 1_000

// Read once, because the accessor is slow and the time origin never changes.
const ORIGIN_MS = performance.timeOrigin

// A table lookup takes a third of the time of formatting a number, and each record needs two.
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))

let correctionUs = 0
let cachedSecond = -1
let cachedPrefix = ''

/**
 * Starts a clock for one trace: microseconds since the epoch, which never run backwards. Node's wall clock only counts
 * milliseconds, so this clock uses the monotonic one. If the wall clock is adjusted, the next trace follows it.
 */
export function createClock(): () => number {
  const before = readMicroseconds()
  const drift = dateNow() * 1000 - before
  // If the process was suspended between the two readings, their difference says nothing about the wall clock.
  const stoodStill = readMicroseconds() - before > MAX_READING_US
  if (!stoodStill && Math.abs(drift - correctionUs) > MAX_DRIFT_US) correctionUs = drift
  const correction = correctionUs
  return () => readMicroseconds() + correction
}

/** Formats a time as `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC, which Python's drivers read. */
export function formatTimestamp(epochUs: number): string {
  const second = Math.floor(epochUs / 1e6)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 20)
  }
  const us = epochUs - second * 1e6
  return cachedPrefix + THREE_DIGITS[Math.floor(us / 1000)] + THREE_DIGITS[us % 1000]
}

function readMicroseconds(): number {
  return Math.floor((ORIGIN_MS + performance.now()) * 1000)
}
