import { Math } from '../platform/platform.js'

/** Rounds a time in milliseconds to three decimals, so that it is a whole number of microseconds. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

/** Converts milliseconds to whole microseconds. */
export function toUs(ms: number): number {
  return Math.round(ms * 1_000)
}
