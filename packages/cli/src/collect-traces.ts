import { performance } from 'node:perf_hooks'
import type { Driver } from '@osprofiler/core'
import { readRecords } from './read-trace.js'
import { type AwaitedTrace, findMissing, waitForTrace } from './wait-for-trace.js'

/**
 * Reads the traces of several requests that were sent one after another. Only the last one is waited for as long as one
 * is shown alone; the others had that time already, and are waited for only where something is missing.
 */
export async function collectTraces(
  driver: Driver,
  baseIds: readonly string[],
  { idleMs, timeoutMs }: { readonly idleMs: number; readonly timeoutMs: number },
): Promise<AwaitedTrace[]> {
  const wait = (baseId: string): Promise<AwaitedTrace> =>
    waitForTrace(driver, baseId, { idleMs, deadline: performance.now() + timeoutMs, onPatience: () => undefined })
  const last = baseIds.at(-1)
  if (last === undefined) return []
  const newest = await wait(last)
  const traces: AwaitedTrace[] = []
  for (const baseId of baseIds.slice(0, -1)) {
    const records = await readRecords(driver, baseId)
    const found = findMissing(records, baseId)
    traces.push(found.missing === undefined || found.isLost ? { records, ...found } : await wait(baseId))
  }
  return [...traces, newest]
}
