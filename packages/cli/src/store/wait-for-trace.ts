import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { buildReport, escapeControl, formatCount, type Report, shownName } from '@osprofiler/report'
import { countPendingAccounts, holdsAccount, isWholeTrace, readStatus } from '@osprofiler/report/toolkit'
import { readRecords } from './read-trace.js'

const MIN_POLL_INTERVAL_MS = 20
const MAX_POLL_INTERVAL_MS = 250
/**
 * The pause between two reads, as a share of the time since the last new record. So the pauses grow while nothing
 * arrives.
 */
const INTERVAL_SHARE = 1 / 8
const LONG_WAIT_MS = 3_000
/**
 * How long to wait for an account, in which a service explains its part of a request's time (`--why`). The service
 * sends the account after its answer. Users should not wait longer for it.
 */
const ACCOUNT_WAIT_MS = 2_000

/** The records of a trace that have arrived, and what is missing. */
export interface AwaitedTrace {
  readonly records: readonly TraceRecord[]
  /** Description of the missing part. `undefined` if the trace is complete. */
  readonly missing: string | undefined
  /** Whether the trace itself reports that the missing part was dropped, so that it will never arrive. */
  readonly isLost: boolean
  /** Whether the services' own counts show that everything has arrived. */
  readonly isWhole: boolean
}

/** Limits and callbacks of `waitForTrace`. All times are in milliseconds. */
export interface WaitOptions {
  /**
   * If the services of a trace do not count their points, the trace is complete after this time without new records.
   */
  readonly idleMs: number
  /**
   * How many requests with the trace's headers were sent and answered, such as two for a request and its redirect. The
   * trace is not complete while it contains the points of fewer requests. `undefined` if another program sent them.
   */
  readonly requests?: number | undefined
  /** The time at which to stop waiting, on the clock of `performance.now()`. */
  readonly deadline: number
  /** The time at which to stop waiting if no record has arrived, on the same clock. */
  readonly emptyDeadline?: number | undefined
  /** Called once if no record has arrived for `LONG_WAIT_MS`. */
  readonly onLongWait: () => void
  /** Called after each read with the number of records. */
  readonly onRead?: (records: number) => void
  /** Called with all records whenever new records have arrived. */
  readonly onChange?: (records: readonly TraceRecord[]) => void
}

/**
 * Reads a trace until it is complete. A trace is complete if its services have counted their points, and all counted
 * points have arrived. Without counts, a trace is complete if its first point has stopped, no other point is open, and
 * no record has arrived for `idleMs`. A point whose stop is known to be lost does not count as open. If only accounts
 * are missing, the wait ends after two seconds. Each read returns the whole trace, so the pauses between slow reads are
 * longer.
 */
export async function waitForTrace(driver: Driver, baseId: string, options: WaitOptions): Promise<AwaitedTrace> {
  const { idleMs, deadline, emptyDeadline = deadline, requests, onLongWait, onRead, onChange } = options
  const waitStart = performance.now()
  let hasReportedLongWait = false
  let isAwaitingAccount = false
  for (let recordCount = 0, lastChange = waitStart; ; ) {
    const readStart = performance.now()
    const records = await readRecords(driver, baseId)
    const now = performance.now()
    const hasChanged = records.length !== recordCount
    if (hasChanged) {
      lastChange = now
      onChange?.(records)
    }
    recordCount = records.length
    onRead?.(recordCount)

    const { missing, isLost } = findMissing(records, baseId)
    if (hasChanged && missing === undefined) {
      const report = buildReport(records)
      if (isWholeReport(report, requests)) return { records, missing, isLost, isWhole: true }
      isAwaitingAccount = countPendingAccounts(report) > 0
    }
    const quietMs = isAwaitingAccount ? Math.max(idleMs, ACCOUNT_WAIT_MS) : idleMs
    if ((missing === undefined || isLost) && now - lastChange >= quietMs)
      return { records, missing, isLost, isWhole: false }
    if (now >= (recordCount === 0 ? Math.min(emptyDeadline, deadline) : deadline))
      return { records, missing: missing ?? 'new records were still coming', isLost, isWhole: false }
    if (recordCount === 0 && !hasReportedLongWait && now - waitStart >= LONG_WAIT_MS) {
      hasReportedLongWait = true
      onLongWait()
    }
    const growing = Math.min(MAX_POLL_INTERVAL_MS, INTERVAL_SHARE * (now - lastChange))
    const interval = Math.max(MIN_POLL_INTERVAL_MS, growing, 2 * (now - readStart))
    await delay(Math.min(interval, Math.max(1, deadline - now)))
  }
}

/** Returns whether the services' own counts show that the whole trace has arrived. `requests`: see `WaitOptions`. */
export function isWhole(records: readonly TraceRecord[], requests: number | undefined): boolean {
  return isWholeReport(buildReport(records), requests)
}

function isWholeReport(report: Report, requests: number | undefined): boolean {
  // If another program sent the request, that program may follow a redirect and send the same headers again.
  const mayFollow =
    requests === undefined && report.roots.some(({ stop }) => Math.floor((readStatus(stop) ?? 0) / 100) === 3)
  return report.roots.length >= (requests ?? 1) && !mayFollow && isWholeTrace(report)
}

/** Describes what is missing from a trace, and whether the missing part will never arrive. */
export function findMissing(records: readonly TraceRecord[], baseId: string): Pick<AwaitedTrace, 'missing' | 'isLost'> {
  const open = new Map<string, TraceRecord>()
  let hasFirstPoint = false
  let hasFirstStopped = false
  let droppedRecords = 0
  for (const record of records) {
    hasFirstPoint ||= record.parent_id === baseId
    // The start record of an account contains the whole account, so its stop record is not needed.
    const isAccount = record.name === 'why-start' && holdsAccount(record)
    if (record.name.endsWith('-start') && !isAccount) open.set(record.trace_id, record)
  }
  for (const record of records) {
    if (!record.name.endsWith('-stop')) continue
    open.delete(record.trace_id)
    hasFirstStopped ||= record.parent_id === baseId
    droppedRecords += countDropped(record)
  }
  if (!hasFirstPoint) return { missing: 'its first point has not arrived', isLost: false }
  // For each dropped stop record, one point stays open forever.
  if (droppedRecords > 0 && hasFirstStopped && open.size <= droppedRecords) {
    const words = droppedRecords === 1 ? '1 of its records was' : `${formatCount(droppedRecords)} of its records were`
    return { missing: `${words} dropped on the way to the store`, isLost: true }
  }
  const [first] = open.values()
  if (first === undefined) return { missing: undefined, isLost: false }
  // Line breaks in the name are escaped, so that the name stays on one line.
  const pointLabel = escapeControl(`${shownName(first.name.replace(/-start$/, ''))} in ${first.service}`)
  const missing =
    open.size === 1
      ? `${pointLabel} has not stopped`
      : `${open.size} points have not stopped, the first is ${pointLabel}`
  return { missing, isLost: false }
}

/**
 * Returns the number of dropped records that a record reports. Accepts any `info`, because records from a store are not
 * validated.
 */
function countDropped({ info }: TraceRecord): number {
  const count = asNumber((info as Partial<Record<string, unknown>> | null | undefined)?.records_dropped)
  return count !== undefined && count > 0 ? count : 0
}
