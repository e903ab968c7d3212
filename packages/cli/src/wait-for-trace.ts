import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { escapeControl } from '@osprofiler/report'
import { readRecords } from './read-trace.js'

const LOOK_AGAIN_MS = 50
const PATIENCE_MS = 3_000

/** A trace as far as it came. */
export interface AwaitedTrace {
  readonly records: readonly TraceRecord[]
  /** What is not there yet, in words; `undefined` where the trace is complete. */
  readonly missing: string | undefined
}

export interface WaitOptions {
  /** A trace is complete when nothing new has come for so long. */
  readonly idleMs: number
  /** When to give up, on the clock of `performance.now()`. */
  readonly deadline: number
  /** Called once where nothing has come for some seconds. */
  readonly onPatience: () => void
  /** Called with the records whenever there are more. */
  readonly onChange?: (records: readonly TraceRecord[]) => void
}

/**
 * Reads a trace until it is complete: its first point has stopped, none is open, and nothing new has come for a while.
 * What the store is asked for grows with the trace, so it is asked less often the longer it takes.
 */
export async function waitForTrace(driver: Driver, baseId: string, options: WaitOptions): Promise<AwaitedTrace> {
  const { idleMs, deadline, onPatience, onChange } = options
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

    const missing = findMissing(records, baseId)
    if (missing === undefined && now - changed >= idleMs) return { records, missing }
    if (now >= deadline) return { records, missing: missing ?? 'new records were still coming' }
    if (known === 0 && !impatient && now - began >= PATIENCE_MS) {
      impatient = true
      onPatience()
    }
    await delay(Math.min(Math.max(LOOK_AGAIN_MS, 2 * (now - asked)), Math.max(1, deadline - now)))
  }
}

/** What a trace lacks to be complete, in words; `undefined` where it lacks nothing. */
export function findMissing(records: readonly TraceRecord[], baseId: string): string | undefined {
  const open = new Map<string, TraceRecord>()
  let isFirstThere = false
  for (const record of records) {
    isFirstThere ||= record.parent_id === baseId
    if (record.name.endsWith('-start')) open.set(record.trace_id, record)
  }
  for (const record of records) if (record.name.endsWith('-stop')) open.delete(record.trace_id)
  if (!isFirstThere) return 'its first point is not there'
  const [first] = open.values()
  if (first === undefined) return undefined
  // Escaped here, line ends and all: a name must not be able to begin a line of its own.
  const who = escapeControl(`${first.name.replace(/-start$/, '')} in ${first.service}`)
  return open.size === 1 ? `${who} has not stopped` : `${open.size} points have not stopped, the first is ${who}`
}
