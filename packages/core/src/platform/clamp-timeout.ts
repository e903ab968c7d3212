import { Math } from './platform.js'

const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Cuts a timeout to the longest one of Node's timers, in milliseconds. Node treats a longer timeout as 1 ms. */
export function clampTimeout(ms: number): number {
  return Math.min(ms, MAX_TIMEOUT_MS)
}
