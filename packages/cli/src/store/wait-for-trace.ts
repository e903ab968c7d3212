import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { escapeControl, formatCount, shownName } from '@osprofiler/report'
import { readRecords } from './read-trace.js'

const LOOK_AGAIN_MS = 50
const PATIENCE_MS = 3_000

/** A trace as far as it came. */
export interface AwaitedTrace {
  readonly records: readonly TraceRecord[]
  /** What is not there, in words; `undefined` where the trace is complete. */
  readonly missing: string | undefined
  /** Whether that will never come: the trace itself tells that it was dropped. */
  readonly isLost: boolean
}

export interface WaitOptions {
  /** A trace is complete when nothing new has come for so long. */
  readonly idleMs: number
  /** When to give up, on the clock of `performance.now()`. */
  readonly deadline: number
  /** Where no record at all has come by then, on the same clock, none is awaited any longer. */
  readonly givesUpAt?: number | undefined
  /** Called once where nothing has come for some seconds. */
  readonly onPatience: () => void
  /** Called at each look with the number of records. */
  readonly onLook?: (records: number) => void
  /** Called with the records whenever there are more. */
  readonly onChange?: (records: readonly TraceRecord[]) => void
}

/**
 * Reads a trace until it is complete: its first point has stopped, none is open but those whose stops are known to be
 * lost, and nothing new has come for a while. What the store is asked for grows with the trace, so it is asked less often the longer it takes.
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

/** What a trace lacks to be complete, in words, and whether that will never come; nothing where it lacks nothing. */
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
  // Each stop that was dropped leaves a point open for ever.
  if (dropped > 0 && hasFirstStopped && open.size <= dropped) {
    const words = dropped === 1 ? '1 of its records was' : `${formatCount(dropped)} of its records were`
    return { missing: `${words} dropped on the way to the store`, isLost: true }
  }
  const [first] = open.values()
  if (first === undefined) return { missing: undefined, isLost: false }
  // Escaped here, line ends and all: a name must not be able to begin a line of its own.
  const who = escapeControl(`${shownName(first.name.replace(/-start$/, ''))} in ${first.service}`)
  const missing =
    open.size === 1 ? `${who} has not stopped` : `${open.size} points have not stopped, the first is ${who}`
  return { missing, isLost: false }
}

/** A store hands out whatever it holds. */
function countDropped({ info }: TraceRecord): number {
  const count = asNumber((info as Partial<Record<string, unknown>> | null | undefined)?.records_dropped)
  return count !== undefined && count > 0 ? count : 0
}
