import type { TraceDescription } from './describe-trace.js'

const DAY_MS = 86_400_000

/**
 * Creates a function that returns sort keys for timestamps. As in the drivers' lists, a timestamp more than a day in
 * the future ranks lowest, because it must be wrong.
 */
export function createTimeRank(now = Date.now()): (timestamp: string) => string {
  const latest = new Date(now + DAY_MS).toISOString()
  return timestamp => `${timestamp <= latest ? 1 : 0} ${timestamp}`
}

/**
 * Returns whether a trace ended with the wanted status (`404`), with a status of the wanted class (`5xx`), or with any
 * failure (`error`).
 */
export function hasStatus(
  { status, failed }: { readonly status: number | string | null | undefined } & Pick<TraceDescription, 'failed'>,
  wanted: string,
): boolean {
  if (wanted === 'error') return failed
  if (status === undefined || status === null) return false
  return wanted.endsWith('xx') ? Math.floor(Number(status) / 100) === Number(wanted[0]) : status === Number(wanted)
}
