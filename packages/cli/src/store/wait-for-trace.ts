import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { escapeControl, formatCount, shownName } from '@osprofiler/report'
import { readRecords } from './read-trace.js'

const LOOK_AGAIN_MS = 50
const PATIENCE_MS = 3_000

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
  readonly givesUpAt?: number | undefined
  /** Called once if nothing has come for some seconds. */
  readonly onPatience: () => void
  /** Called after each read with the number of records. */
  readonly onLook?: (records: number) => void
  /** Called with all records when there are more. */
  readonly onChange?: (records: readonly TraceRecord[]) => void
}

/**
 * Reads a trace until it is complete. Its first point must have stopped, and no point may be open unless its stop is
 * known to be lost. No record may have come for a while. The longer this takes, the rarer the reads, because each read
 * is as large as the trace.
 */
export async function waitForTrace(driver: Driver, baseId: string, options: WaitOptions): Promise<AwaitedTrace> {
  const { idleMs, deadline, givesUpAt = deadline, onPatience, onLook, onChange } = options
  const began = performance.now()
  let impatient = false
  for (let known = 0, changed = began; ; ) {
    const asked = performance.now()
    const records = await readRecords(driver, baseId)
    const now = performance.now()
    if (records.length !== known) {
      changed = now
      onChange?.(records)
    }
    known = records.length
    onLook?.(known)

    const { missing, isLost } = findMissing(records, baseId)
    if ((missing === undefined || isLost) && now - changed >= idleMs) return { records, missing, isLost }
    if (now >= (known === 0 ? Math.min(givesUpAt, deadline) : deadline))
      return { records, missing: missing ?? 'new records were still coming', isLost }
    if (known === 0 && !impatient && now - began >= PATIENCE_MS) {
      impatient = true
      onPatience()
    }
    await delay(Math.min(Math.max(LOOK_AGAIN_MS, 2 * (now - asked)), Math.max(1, deadline - now)))
  }
}

/** Says what a trace lacks to be complete, and whether the missing part will never come. */
export function findMissing(records: readonly TraceRecord[], baseId: string): Omit<AwaitedTrace, 'records'> {
  const open = new Map<string, TraceRecord>()
  let isFirstThere = false
  let hasFirstStopped = false
  let dropped = 0
  for (const record of records) {
    isFirstThere ||= record.parent_id === baseId
    if (record.name.endsWith('-start')) open.set(record.trace_id, record)
  }
  for (const record of records) {
    if (!record.name.endsWith('-stop')) continue
    open.delete(record.trace_id)
    hasFirstStopped ||= record.parent_id === baseId
    dropped += countDropped(record)
  }
  if (!isFirstThere) return { missing: 'its first point is not there', isLost: false }
  // Each dropped stop leaves a point open forever.
  if (dropped > 0 && hasFirstStopped && open.size <= dropped) {
    const words = dropped === 1 ? '1 of its records was' : `${formatCount(dropped)} of its records were`
    return { missing: `${words} dropped on the way to the store`, isLost: true }
  }
  const [first] = open.values()
  if (first === undefined) return { missing: undefined, isLost: false }
  // Line breaks are escaped, too, so that a name cannot begin a line of its own.
  const who = escapeControl(`${shownName(first.name.replace(/-start$/, ''))} in ${first.service}`)
  const missing =
    open.size === 1 ? `${who} has not stopped` : `${open.size} points have not stopped, the first is ${who}`
  return { missing, isLost: false }
}

/** Accepts any `info`, because a store returns whatever it holds. */
function countDropped({ info }: TraceRecord): number {
  const count = asNumber((info as Partial<Record<string, unknown>> | null | undefined)?.records_dropped)
  return count !== undefined && count > 0 ? count : 0
}
