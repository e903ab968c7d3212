import type { TraceDescription } from './describe-trace.js'

const DAY_MS = 86_400_000

/**
 * Gives each timestamp a text by which lists are sorted. What says that it comes from beyond tomorrow was made up, or its
 * clock is wrong: it stands below all others, as in the lists of drivers.
 */
export function createTimeRank(now = Date.now()): (timestamp: string) => string {
  const latest = new Date(now + DAY_MS).toISOString()
  return timestamp => `${timestamp <= latest ? 1 : 0} ${timestamp}`
}

/** Whether a trace ended as is wanted: `404` is a status, `5xx` a hundred of them, `error` whatever failed. */
export function hasStatus(
  { status, failed }: { readonly status: number | string | null | undefined } & Pick<TraceDescription, 'failed'>,
  wanted: string,
): boolean {
  if (wanted === 'error') return failed
  if (status === undefined || status === null) return false
  return wanted.endsWith('xx') ? Math.floor(Number(status) / 100) === Number(wanted[0]) : status === Number(wanted)
}
