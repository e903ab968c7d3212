import { Math } from './platform.js'

const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Limits a timeout in milliseconds to the longest one that Node's timers support. Node treats a longer timeout as 1 ms.
 */
export function clampTimeout(ms: number): number {
  return Math.min(ms, MAX_TIMEOUT_MS)
}
