import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceSummary } from '@osprofiler/core'
import { describeStored } from '@osprofiler/report/toolkit'
import { type TraceReading, toTraceReading } from './to-listed-trace.js'

/** Facts about listed traces that are known only after reading their records. */
export interface Descriptions {
  get(baseId: string): TraceReading | undefined
  /** Reads these traces in the background, in the given order. */
  want(traces: readonly TraceSummary[]): void
}

/** Maximum number of known descriptions. It is more than all lists contain together. */
const MAX_KNOWN_TRACES = 30_000
/** The pause after reading a trace, as a multiple of the time that the read took. */
const REST_FACTOR = 2

/**
 * Creates descriptions that are read one trace after another, until the signal aborts. A trace is read again when it
 * has more records.
 */
export function createDescriptions(driver: Driver, ended: AbortSignal): Descriptions {
  const known = new Map<string, { readonly records: number; readonly reading: TraceReading }>()
  let wanted: readonly TraceSummary[] = []
  let next = 0
  let isReading = false

  async function readWanted(): Promise<void> {
    for (let trace = takeNext(); trace !== undefined && !ended.aborted; trace = takeNext()) {
      const startedMs = performance.now()
      known.delete(trace.base_id)
      known.set(trace.base_id, { records: trace.records, reading: toTraceReading(await describeStored(driver, trace)) })
      const pause = (performance.now() - startedMs) * REST_FACTOR
      await delay(pause, undefined, { signal: ended }).catch(() => undefined)
    }
  }

  function takeNext(): TraceSummary | undefined {
    for (; next < wanted.length; next++) {
      const trace = wanted[next]
      if (trace !== undefined && known.get(trace.base_id)?.records !== trace.records) return trace
    }
    return undefined
  }

  return {
    get: baseId => known.get(baseId)?.reading,
    want(traces) {
      wanted = traces
      next = 0
      for (const oldest of known.keys()) {
        if (known.size <= MAX_KNOWN_TRACES) break
        known.delete(oldest)
      }
      if (isReading) return
      isReading = true
      void readWanted().finally(() => {
        isReading = false
      })
    },
  }
}
