import { Math } from '../platform/platform.js'

/** Rounds milliseconds to whole microseconds. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

/** Returns milliseconds in whole microseconds. */
export function toUs(ms: number): number {
  return Math.round(ms * 1_000)
}
