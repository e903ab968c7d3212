import { Math } from './platform.js'

const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** A timeout in milliseconds, cut to the longest one that Node's timers take. Node treats a longer one as 1 ms. */
export function clampTimeout(ms: number): number {
  return Math.min(ms, MAX_TIMEOUT_MS)
}
