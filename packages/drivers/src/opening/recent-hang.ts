import { holdTimeLeft, Math, Number, performance } from '@osprofiler/core/toolkit'

/** If a server hung less than this time ago, limits are shortened, because the server probably still hangs. */
const RECENT_MS = 10_000

let hungAt = Number.NEGATIVE_INFINITY

/** Notes that a server did not answer in time. */
export function noteHang(): void {
  hungAt = performance.now()
}

/**
 * Shortens a time limit in milliseconds if a server hung recently. Some clients keep the process alive while they wait
 * for a server. If several stores hang, all of them together must not keep the process alive for longer than a single
 * store may.
 */
export function shortenAfterHang(limitMs: number): number {
  return performance.now() - hungAt < RECENT_MS ? Math.min(limitMs, holdTimeLeft()) : limitMs
}
