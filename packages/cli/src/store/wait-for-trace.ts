import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { escapeControl, formatCount, shownName } from '@osprofiler/report'
import { readRecords } from './read-trace.js'

const MIN_POLL_INTERVAL_MS = 50
const LONG_WAIT_MS = 3_000

/** Records that came of a trace, and the part that is missing. */
export interface AwaitedTrace {
  readonly records: readonly TraceRecord[]
  /** The missing part in words; `undefined` if the trace is complete. */
  readonly missing: string | undefined
  /** Whether the trace itself says that the missing part was dropped, and will never come. */
  readonly isLost: boolean
}

/** Limits and callbacks of `waitForTrace`. All times are in milliseconds. */
export interface WaitOptions {
  /** A trace is complete after this time without new records. */
  readonly idleMs: number
  /** When to give up, on the clock of `performance.now()`. */
  readonly deadline: number
  /** When to give up if no record has come, on the same clock. */
  readonly emptyDeadline?: number | undefined
  /** Called once if nothing has come for some seconds. */
  readonly onLongWait: () => void
  /** Called after each read with the number of records. */
  readonly onRead?: (records: number) => void
  /** Called with all records when there are more. */
  readonly onChange?: (records: readonly TraceRecord[]) => void
}

/**
 * Reads a trace until it is complete. Its first point must have stopped, and no point may be open unless its stop is
 * known to be lost. No record may have come for a while. The longer this takes, the rarer the reads, because each read
 * is as large as the trace.
 */
export async function waitForTrace(driver: Driver, baseId: string, options: WaitOptions): Promise<AwaitedTrace> {
  const { idleMs, deadline, emptyDeadline = deadline, onLongWait, onRead, onChange } = options
  const waitStart = performance.now()
  let hasReportedLongWait = false
  for (let recordCount = 0, lastChange = waitStart; ; ) {
    const readStart = performance.now()
    const records = await readRecords(driver, baseId)
    const now = performance.now()
    if (records.length !== recordCount) {
      lastChange = now
      onChange?.(records)
    }
    recordCount = records.length
    onRead?.(recordCount)

    const { missing, isLost } = findMissing(records, baseId)
    if ((missing === undefined || isLost) && now - lastChange >= idleMs) return { records, missing, isLost }
    if (now >= (recordCount === 0 ? Math.min(emptyDeadline, deadline) : deadline))
      return { records, missing: missing ?? 'new records were still coming', isLost }
    if (recordCount === 0 && !hasReportedLongWait && now - waitStart >= LONG_WAIT_MS) {
      hasReportedLongWait = true
      onLongWait()
    }
    await delay(Math.min(Math.max(MIN_POLL_INTERVAL_MS, 2 * (now - readStart)), Math.max(1, deadline - now)))
  }
}

/** Says what a trace lacks to be complete, and whether the missing part will never come. */
export function findMissing(records: readonly TraceRecord[], baseId: string): Omit<AwaitedTrace, 'records'> {
  const open = new Map<string, TraceRecord>()
  let hasFirstPoint = false
  let hasFirstStopped = false
  let droppedRecords = 0
  for (const record of records) {
    hasFirstPoint ||= record.parent_id === baseId
    if (record.name.endsWith('-start')) open.set(record.trace_id, record)
  }
  for (const record of records) {
    if (!record.name.endsWith('-stop')) continue
    open.delete(record.trace_id)
    hasFirstStopped ||= record.parent_id === baseId
    droppedRecords += countDropped(record)
  }
  if (!hasFirstPoint) return { missing: 'its first point is not there', isLost: false }
  // Each dropped stop leaves a point open forever.
  if (droppedRecords > 0 && hasFirstStopped && open.size <= droppedRecords) {
    const words = droppedRecords === 1 ? '1 of its records was' : `${formatCount(droppedRecords)} of its records were`
    return { missing: `${words} dropped on the way to the store`, isLost: true }
  }
  const [first] = open.values()
  if (first === undefined) return { missing: undefined, isLost: false }
  // Line breaks are escaped, too, so that a name cannot begin a line of its own.
  const pointLabel = escapeControl(`${shownName(first.name.replace(/-start$/, ''))} in ${first.service}`)
  const missing =
    open.size === 1
      ? `${pointLabel} has not stopped`
      : `${open.size} points have not stopped, the first is ${pointLabel}`
  return { missing, isLost: false }
}

/** Accepts any `info`, because a store returns whatever it holds. */
function countDropped({ info }: TraceRecord): number {
  const count = asNumber((info as Partial<Record<string, unknown>> | null | undefined)?.records_dropped)
  return count !== undefined && count > 0 ? count : 0
}
