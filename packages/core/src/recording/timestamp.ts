import { Array, Date, dateNow, Math, performance, String } from '../platform/platform.js'

// A wall clock that was set by more than this since the last look is followed at the next trace.
const TOLERANCE_US = 5_000
const STANDSTILL_US = 1_000

// Read once: the accessor is slow, and the time origin of a process never moves.
const ORIGIN_MS = performance.timeOrigin

// Looked up twice a record, in a third of the time that it takes to write a number out.
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))

let correctionUs = 0
let cachedSecond = -1
let cachedPrefix = ''

/**
 * Starts a clock for one trace: microseconds since the epoch, which never run backwards.
 *
 * Node's wall clock counts milliseconds; its monotonic one counts finely from a wall time that was read in
 * microseconds when the process began. The second is used, moved for a new trace when somebody set the first.
 */
export function createClock(): () => number {
  const before = readUs()
  const drift = dateNow() * 1000 - before
  // A process that stood still between the two looks has learned nothing of the wall clock.
  const stoodStill = readUs() - before > STANDSTILL_US
  if (!stoodStill && Math.abs(drift - correctionUs) > TOLERANCE_US) correctionUs = drift
  const correction = correctionUs
  return () => readUs() + correction
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC, as Python's drivers read it. */
export function formatTimestamp(epochUs: number): string {
  const second = Math.floor(epochUs / 1e6)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 20)
  }
  const us = epochUs - second * 1e6
  return cachedPrefix + THREE_DIGITS[Math.floor(us / 1000)] + THREE_DIGITS[us % 1000]
}

function readUs(): number {
  return Math.floor((ORIGIN_MS + performance.now()) * 1000)
}
